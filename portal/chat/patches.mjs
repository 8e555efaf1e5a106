// What the build changes inside hydrogen-view-sdk 0.3.1. Each text must occur exactly once, or the build stops:
// a new version of the package can't slip through half patched.

export const EXTRA_EXPORTS = [
  "BaseMessageTile",
  "ButtonsView",
  "DateHeaderView",
  "KeyBackupSettingsView",
  "LeftPanelView",
  "LeftPanelViewModel",
  "LoginView",
  "LogoutViewModel",
  "Menu",
  "RoomTileView",
  "RoomTileViewModel",
  "SessionLoadView",
  "SessionPickerView",
  "SettingsView",
];

export const PATCHES = [
  {
    why: "the room list needs to know spaces and the last message",
    find: "    this.dmUserId = copy ? copy.dmUserId : null;\n",
    put:
      "    this.dmUserId = copy ? copy.dmUserId : null;\n" +
      "    this.isSpace = copy ? copy.isSpace : false;\n" +
      "    this.preview = copy ? copy.preview : null;\n",
  },
  {
    why: "the creation event tells a space, in room version 11 and 12 alike",
    find: "    data.lastMessageTimestamp = event2.origin_server_ts;\n",
    put:
      "    data.lastMessageTimestamp = event2.origin_server_ts;\n" +
      '    data.isSpace = ((event2.content) || {}).type === "m.space";\n',
  },
  {
    why: "the room list shows the last message, and forgets it when it is deleted",
    find: 'function processTimelineEvent(data, eventEntry, isInitialSync, canMarkUnread, ownUserId) {\n',
    put:
      "function processTimelineEvent(data, eventEntry, isInitialSync, canMarkUnread, ownUserId) {\n" +
      "  const preview = previewAfter(data.preview, eventEntry, ownUserId);\n" +
      "  if (preview !== data.preview) {\n" +
      "    data = data.cloneIfNeeded();\n" +
      "    data.preview = preview;\n" +
      "  }\n",
  },
  {
    why: "an invitation to a space is not shown either",
    find: "      joinRule: this._getJoinRule(inviteState),\n",
    put:
      "      joinRule: this._getJoinRule(inviteState),\n" +
      '      isSpace: inviteState.some((e) => e.type === "m.room.create" && e.content.type === "m.space"),\n',
  },
  {
    why: "a picture's date reads the same in every browser",
    find: "this._date.toLocaleDateString({}, {",
    put: 'this._date.toLocaleDateString("id", {',
  },
  {
    why: "a picture's time reads the same in every browser",
    find: 'this._date.toLocaleTimeString({}, { hour: "numeric",',
    put: 'this._date.toLocaleTimeString("id", { hour: "2-digit",',
  },
  {
    why: "each screen has one first heading",
    find: '          t.h2((vm2) => vm2.name)\n        ]),\n        t.button({\n          className: "button-utility room-options"',
    put: '          t.h2({ role: "heading", "aria-level": "1" }, (vm2) => vm2.name)\n        ]),\n        t.button({\n          className: "button-utility room-options"',
  },
  {
    why: "each screen has one first heading",
    find: 't.div({ className: "RoomDetailsView_name" }, [t.h2((vm2) => vm2.name)])',
    put: 't.div({ className: "RoomDetailsView_name" }, [t.h2({ role: "heading", "aria-level": "1" }, (vm2) => vm2.name)])',
  },
  {
    why: "three dots say nothing to those who listen",
    find: 't.button({ className: "Timeline_messageOptions" }, ',
    put: 't.button({ className: "Timeline_messageOptions", "aria-label": "Pilihan pesan" }, ',
  },
  {
    why: "without a connection one reads what is here; what the server can do is known from the last visit",
    find: "await hsApi.versions({ timeout: 1e4, log }).response();",
    put: "await lastKnown(() => hsApi.versions({ timeout: 1e4, log }).response());",
  },
  {
    why: "who came or went is called by the name in the event itself, where the member is not loaded yet",
    find: "const senderName = this._entry.displayName || sender;",
    put:
      "const itself = sender === stateKey ? content?.displayname || prevContent?.displayname : undefined;\n" +
      "    const senderName = this._entry.displayName || itself || sender;",
  },
  {
    why: "a message is reported by a flag",
    find: '"\\u{1F680}", "\\u{1F440}"].map((emoji) => {\n      return t.button({ onClick: () => this._vm.react(emoji) }, emoji);',
    put:
      '"\\u{1F680}", "\\u{1F6A9}"].map((emoji) => {\n' +
      '      const label = emoji === "\\u{1F6A9}" ? { title: "Laporkan kepada pengurus", "aria-label": "Laporkan kepada pengurus" } : {};\n' +
      "      return t.button({ ...label, onClick: () => this._vm.react(emoji) }, emoji);",
  },
  {
    why: "members see this name in their list of sessions",
    find: 'await loginMethod.login(hsApi, "Hydrogen", log)',
    put: 'await loginMethod.login(hsApi, "Obrolan di peramban", log)',
  },
];

// Single words occur in code too, so the place is named. All other words are found by words.json alone.
export const WORD_PATCHES = [
  { find: '        }, "Close"),\n        t2.view(new TileView', put: '        }, words("Close")),\n        t2.view(new TileView' },
  { find: '            href: vm.cancelUrl\n          }, ["Cancel"])', put: '            href: vm.cancelUrl\n          }, [words("Cancel")])' },
  { find: 't2.span({ className: "replying" }, "Replying")', put: 't2.span({ className: "replying" }, "Membalas")' },
  { find: 't2.p("Redirecting...")', put: 't2.p(words("Redirecting..."))' },
];
