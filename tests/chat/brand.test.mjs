import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, readable } from "../../portal/chat/src/brand.js";
import { words } from "../../portal/chat/src/words.js";

test("every colour becomes readable on both backgrounds", () => {
  for (const colour of ["#000000", "#ffffff", "#ffcc00", "#c8102e", "#00a651", "#0000ff", "#808080"]) {
    assert.ok(contrast(readable(colour, "light"), "#ffffff") >= 4.5, colour);
    assert.ok(contrast(readable(colour, "dark"), "#14181a") >= 4.5, colour);
  }
});

test("a readable colour stays as it is", () => {
  assert.equal(readable("#0b6b5c", "light"), "#0b6b5c");
});

test("sentences are put into words, values included", () => {
  const name = "Siti";
  assert.equal(words`${name} joined the room`, "Siti bergabung");
  assert.equal(words("Log out"), "Keluar");
});

test("a sentence the table lacks stays as it is", () => {
  const name = "{0}";
  assert.equal(words`Nobody knows ${name}`, "Nobody knows {0}");
});
