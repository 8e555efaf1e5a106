// The list of rooms: no spaces, the last message under the name, a link home, a word when it is empty.
import { AvatarView, LeftPanelView, LeftPanelViewModel, ListView, RoomTileView, RoomTileViewModel, spinner } from "hydrogen-view-sdk";
import { landmark } from "./access.js";
import { shortTime } from "./preview.js";

const AVATAR = 52; // pixels; a size that the package's style sheet knows

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
  return t.div({ className: "LeftPanel", role: landmark("navigation"), "aria-label": "Obrolan" }, [
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
