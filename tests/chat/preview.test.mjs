import assert from "node:assert/strict";
import { test } from "node:test";
import { previewAfter, shortTime } from "../../portal/chat/src/preview.js";

const ME = "@saya:kamar.test";
const event = (more) => ({
  eventType: "m.room.message",
  id: "$1",
  timestamp: 1,
  sender: "@siti:kamar.test",
  displayName: "Siti",
  content: { msgtype: "m.text", body: "Halo\n  semua" },
  ...more,
});
const shown = (entry, before = null) => previewAfter(before, entry, ME);

test("a row shows who wrote last and what", () => {
  assert.deepEqual(shown(event()), { id: "$1", at: 1, author: "Siti", text: "Halo semua" });
  assert.equal(shown(event({ sender: ME })).author, "Anda");
});

test("a picture is called by its kind, not by its file", () => {
  assert.equal(shown(event({ content: { msgtype: "m.image", body: "IMG_1.jpg" } })).text, "Foto");
});

test("a reply shows the answer, not what it quotes", () => {
  assert.equal(shown(event({ content: { msgtype: "m.text", body: "> <@a:b> Siapa?\n\nSaya" } })).text, "Saya");
});

test("an encrypted message is not kept readable", () => {
  assert.equal(shown(event({ isEncrypted: true })).text, "Pesan terenkripsi");
});

test("an older message, an edit and a reaction change nothing", () => {
  const last = shown(event({ id: "$2", timestamp: 2 }));
  assert.equal(shown(event(), last), last);
  assert.equal(shown(event({ id: "$3", timestamp: 3, relation: { rel_type: "m.replace" } }), last), last);
  assert.equal(shown(event({ eventType: "m.reaction", timestamp: 3 }), last), last);
});

test("a deleted message disappears from the row", () => {
  const last = shown(event());
  const deletion = { eventType: "m.room.redaction", relatedEventId: "$1", timestamp: 2 };
  assert.equal(shown(deletion, last).text, "Pesan ini dihapus");
  assert.equal(shown(event({ isRedacted: true, content: {} }), last).text, "Pesan ini dihapus");
});

test("times are short", () => {
  const now = new Date(2026, 10, 21, 20, 0);
  assert.equal(shortTime(new Date(2026, 10, 21, 7, 5).getTime(), now), "07.05");
  assert.equal(shortTime(new Date(2026, 10, 20, 23, 59).getTime(), now), "Kemarin");
  assert.equal(shortTime(new Date(2026, 10, 2).getTime(), now), "2 Nov");
  assert.equal(shortTime(new Date(2025, 10, 2).getTime(), now), "2 Nov 2025");
});
