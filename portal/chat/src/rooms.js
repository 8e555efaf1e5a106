// The list of rooms: no spaces, the last message under the name, a link home, a word when it is empty.
import { AvatarView, LeftPanelView, LeftPanelViewModel, ListView, RoomTileView, RoomTileViewModel, spinner } from "hydrogen-view-sdk";

const PREVIEW_LENGTH = 80; // characters; a list row shows fewer
const AVATAR = 52; // pixels; a size that the package's style sheet knows
const KINDS = {
  "m.image": "Foto",
  "m.video": "Video",
  "m.audio": "Pesan suara",
  "m.file": "Berkas",
  "m.location": "Lokasi",
};
const CLOCK = new Intl.DateTimeFormat("id", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("id", { day: "numeric", month: "short" });
const DAY_AND_YEAR = new Intl.DateTimeFormat("id", { day: "numeric", month: "short", year: "numeric" });

/** What the list shows after one more event: null, or the id, author and first words of the last message. */
export function previewAfter(preview, entry, ownUserId) {
  if (entry.eventType === "m.room.redaction" && preview?.id === entry.relatedEventId) {
    return { ...preview, text: "Pesan ini dihapus" };
  }
  const counts = entry.eventType === "m.room.message" && entry.relation?.rel_type !== "m.replace";
  if (!counts || entry.timestamp < (preview?.at ?? 0)) {
    return preview; // older messages come by again when somebody reacts to them
  }
  const author = entry.sender === ownUserId ? "Anda" : entry.displayName ?? "";
  return { id: entry.id, at: entry.timestamp, author, text: firstWords(entry) };
}

function firstWords(entry) {
  const { msgtype, body } = entry.content ?? {};
  if (entry.isEncrypted) {
    return "Pesan terenkripsi"; // its text stays out of the list's storage
  }
  if (entry.isRedacted || typeof body !== "string") {
    return "Pesan ini dihapus";
  }
  const text = body.replace(/^(> .*\n)+\n?/, "").replace(/\s+/g, " ").trim();
  return KINDS[msgtype] ?? Array.from(text).slice(0, PREVIEW_LENGTH).join("");
}

/** "19.30" today, "Kemarin" yesterday, "18 Nov" this year, else with the year. */
export function shortTime(timestamp, now) {
  const then = new Date(timestamp);
  const days = Math.round((midnight(now) - midnight(then)) / 86_400_000);
  if (days <= 0) {
    return CLOCK.format(then);
  }
  if (days === 1) {
    return "Kemarin";
  }
  return (then.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR).format(then);
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

export function dressRoomList() {
  hideSpaces();
  Object.defineProperties(RoomTileViewModel.prototype, {
    preview: { get() { return this._room._summary.data.preview; } },
    lastTime: { get() { return this._room.lastMessageTimestamp; } },
  });
  RoomTileView.prototype.render = renderRow;
  LeftPanelView.prototype.render = renderList;
}

function hideSpaces() {
  const mapped = LeftPanelViewModel.prototype._mapTileViewModels;
  LeftPanelViewModel.prototype._mapTileViewModels = function (created, invites, rooms) {
    return mapped.call(
      this,
      created,
      invites.filterValues((invite) => !invite._inviteData?.isSpace),
      rooms.filterValues((room) => !room._summary.data.isSpace),
    );
  };
}

function renderRow(t, vm) {
  const preview = (row) => {
    const last = row.preview;
    return last ? (last.author ? `${last.author}: ${last.text}` : last.text) : "";
  };
  return t.li({ className: { active: (row) => row.isOpen, hidden: (row) => row.hidden, unread: (row) => row.isUnread } }, [
    t.a({ href: vm.url }, [
      t.view(new AvatarView(vm, AVATAR), { parentProvidesUpdates: true }),
      t.div({ className: "description" }, [
        t.div({ className: "name" }, (row) => row.name),
        t.time((row) => (row.lastTime ? shortTime(row.lastTime, new Date()) : "")),
        t.div({ className: "preview" }, preview),
        t.map((row) => row.busy, (busy) => (busy ? spinner(t) : badge(t))),
      ]),
    ]),
  ]);
}

function badge(t) {
  const className = { badge: true, highlighted: (row) => row.isHighlighted, hidden: (row) => !row.badgeCount };
  return t.div({ className }, [t.span((row) => row.badgeCount), t.span({ className: "aloud" }, " pesan baru")]);
}

function renderList(t, vm) {
  const { portal } = vm.platform.config;
  const rooms = t.view(new ListView({ className: "RoomList", list: vm.tileViewModels }, (row) => new RoomTileView(row)));
  return t.div({ className: "LeftPanel" }, [
    t.div({ className: "ListHeader" }, [
      t.a({ className: "home", href: portal }, [t.span({ className: "arrow", "aria-hidden": "true" }), "Komunitas Saya"]),
      t.a({ className: "button-utility settings", href: vm.settingsUrl, "aria-label": "Pengaturan", title: "Pengaturan" }),
    ]),
    t.h1("Obrolan"),
    search(t, vm, rooms),
    rooms,
    t.div({ className: "ListEmpty" }, [
      t.p("Kamar Anda akan muncul di sini begitu dibuka."),
      t.a({ className: "button-action primary", href: portal }, "Lihat Komunitas Saya"),
    ]),
  ]);
}

function search(t, vm, rooms) {
  const filter = ({ target }) => {
    if (vm.setFilter(target.value)) {
      rooms.scrollTop = 0;
    }
  };
  return t.input({ className: "ListSearch", type: "search", "aria-label": "Cari kamar", placeholder: "Cari kamar…", onInput: filter });
}
