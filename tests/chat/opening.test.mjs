import assert from "node:assert/strict";
import { test } from "node:test";
import { choose, remainder, wanted } from "../../portal/chat/src/opening.js";

const SITI = { id: "1", userId: "@siti:kamar.test", lastUsed: 10 };
const SITI_LATER = { id: "3", userId: "@siti:kamar.test", lastUsed: 30 };
const BUDI = { id: "2", userId: "@budi:kamar.test", lastUsed: 20 };

test("an address says who comes in and where to", () => {
  const wish = wanted({ search: "?loginToken=t&user=%40siti%3Akamar.test&room=!abc", hash: "" });
  assert.deepEqual(wish, { token: "t", user: SITI.userId, room: "!abc", saving: null, leave: false });
});

test("a room may stand behind the hash, with and without a server", () => {
  assert.equal(wanted({ search: "", hash: "#/room/!abc" }).room, "!abc");
  assert.equal(wanted({ search: "", hash: "#/room/!abc%3Akamar.test" }).room, "!abc:kamar.test");
  assert.equal(wanted({ search: "", hash: "#/session/1/room/!abc" }).room, null);
});

test("a token never stays in the address", () => {
  assert.equal(remainder({ pathname: "/chat/", search: "?loginToken=t", hash: "#/room/!abc" }), "/chat/");
  assert.equal(remainder({ pathname: "/chat/", search: "?hemat=1", hash: "#/session/1" }), "/chat/#/session/1");
});

for (const [name, wish, sessions, last, answer] of [
  ["a token logs in where nobody is", { token: "t", user: SITI.userId }, [], null, { show: "login" }],
  ["a session that is here already is used", { token: "t", user: SITI.userId }, [SITI], null, { show: "session", id: "1" }],
  ["the latest of several sessions is used", { token: "t", user: SITI.userId }, [SITI, SITI_LATER], null, { show: "session", id: "3" }],
  ["somebody else's session is not used", { token: "t", user: SITI.userId }, [BUDI], null, { show: "login" }],
  ["a token that names nobody logs in", { token: "t", user: null }, [SITI], null, { show: "login" }],
  ["without session and token one is fetched", { token: null, user: SITI.userId }, [BUDI], null, { show: "fetch" }],
  ["the only session opens by itself", { token: null, user: null }, [BUDI], null, { show: "session", id: "2" }],
  ["of two sessions the one shown last opens", { token: null, user: null }, [SITI, BUDI], "#/session/2/room/!a", { show: "session", id: "2" }],
  ["of two sessions never shown the member chooses", { token: null, user: null }, [SITI, BUDI], null, { show: "usual" }],
]) {
  test(name, () => assert.deepEqual(choose(wish, sessions, last), answer));
}
