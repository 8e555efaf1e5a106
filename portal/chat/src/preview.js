// What a row of the list says of a room: its last message and when it came. Knows no browser and no package.

const PREVIEW_LENGTH = 80; // characters; a list row shows fewer
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
