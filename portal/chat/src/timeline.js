// What stands in a conversation: voice notes too, but not every coming and going; people by name, never by number.
import { BaseMessageTile, FileTile, avatarInitials, tileClassForEntry } from "hydrogen-view-sdk";

/** Which tile shows an event, or undefined for none. */
export function tileFor(entry, options) {
  const { eventType, content, prevContent } = entry;
  if (eventType === "m.room.message" && content?.msgtype === "m.audio" && !entry.isRedacted) {
    return FileTile;
  }
  if (eventType === "m.room.member" && !isComingOrGoing(entry)) {
    return undefined;
  }
  if (eventType === "m.room.name" && !prevContent) {
    return undefined; // the first name, given when the room was made
  }
  return tileClassForEntry(entry, options);
}

/** Invitations, new names and new pictures are left out, and people without a name (programs). */
function isComingOrGoing({ content, prevContent, displayName }) {
  const before = prevContent?.membership;
  const came = content?.membership === "join" && before !== "join" && Boolean(content.displayname);
  const went = before === "join" && content?.membership !== "join" && Boolean(displayName);
  return came || went;
}

export function dressTimeline() {
  Object.defineProperties(BaseMessageTile.prototype, {
    avatarLetter: { get() { return avatarInitials(this.displayName); } },
    avatarTitle: { get() { return this.displayName; } },
    permaLink: { get() { return `${location.origin}${location.pathname}#/room/${encodeURIComponent(this._room.id)}`; } },
  });
}
