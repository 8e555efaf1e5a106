const { shell, icon, badge, words, version } = TOLD;
// The portal's service worker: calls from the server, and a page for when there is no connection.
// Its scope is /komunitas alone. It keeps nothing it sees: `shell` is nobody's, and the member's own page is put
// into OWN by pwa.js, which also empties it.
const SHELL = `kamar-shell-${version}`;
const OWN = "kamar-own";
const HOME = "/komunitas";

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(tidy()));
addEventListener("fetch", (event) => answer(event));
addEventListener("push", (event) => event.waitUntil(tell(event.data)));
addEventListener("notificationclick", (event) => event.waitUntil(open(event.notification)));

async function install() {
  const cache = await caches.open(SHELL);
  await cache.addAll(shell);
  await skipWaiting();
}

async function tidy() {
  const old = (await caches.keys()).filter((name) => name.startsWith("kamar-shell-") && name !== SHELL);
  await Promise.all(old.map((name) => caches.delete(name)));
}

function answer(event) {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) {
    return;
  }
  if (request.mode === "navigate" && pathname === HOME) {
    event.respondWith(fetch(request).catch(offline));
  } else if (shell.includes(pathname)) {
    event.respondWith(kept(pathname).then((found) => found ?? fetch(request)));
  }
}

async function offline() {
  return (await caches.match(`${HOME}/luring`, { cacheName: OWN })) ?? (await kept(shell[0])) ?? Response.error();
}

function kept(path) {
  return caches.match(path, { cacheName: SHELL });
}

/** Show a call. It says what kind it is and nothing more, for there is nothing more in it. */
async function tell(data) {
  const said = words[navigator.language?.startsWith("en") ? "en" : "id"];
  let kind = "mention";
  try {
    kind = data.json().kind;
  } catch {
    // a browser must show something for each call, readable or not
  }
  const body = said[kind] ?? said.mention;
  await registration.showNotification(said.title, { body, icon, badge, tag: kind, renotify: true, lang: navigator.language });
}

async function open(notification) {
  notification.close();
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const home = windows.find(({ url }) => new URL(url).pathname === HOME);
  return home ? home.focus() : clients.openWindow(HOME);
}
