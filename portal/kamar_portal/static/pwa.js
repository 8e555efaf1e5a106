// The portal as an app: keeps one's own page for times without a connection, installs, and lets this browser call.
const OWN = "kamar-own";
const OWN_PAGE = "/komunitas/luring";
const WORKER = "/static/sw.js";
const SCOPE = { scope: "/komunitas" };
const MARK = "X-Kamar-Account";
const LEAVING = 1500; // milliseconds that logging out waits for us at most

const account = document.querySelector("meta[name=kamar-account]")?.content ?? "";
const works = isSecureContext && "serviceWorker" in navigator && "caches" in self;

if (works) {
  forgetOthers();
  document.querySelectorAll("form[action='/keluar']").forEach(cleanUpFirst);
  if (account && document.querySelector("[data-offline]")) {
    keepOwnPage();
  }
}
offerToInstall();
document.querySelectorAll("[data-push]").forEach(offerToCall);

/** Whoever reads this page: what was kept for anybody else goes. */
async function forgetOthers() {
  const kept = await caches.match(OWN_PAGE, { cacheName: OWN });
  if (kept && kept.headers.get(MARK) !== account) {
    await caches.delete(OWN);
  }
}

async function keepOwnPage() {
  await navigator.serviceWorker.register(WORKER, SCOPE);
  const page = await fetch(OWN_PAGE);
  if (page.ok && page.headers.get(MARK) === account) {
    await (await caches.open(OWN)).put(OWN_PAGE, page);
  }
}

function cleanUpFirst(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await Promise.race([cleanUp().catch(() => {}), new Promise((done) => setTimeout(done, LEAVING))]);
    form.submit();
  });
}

async function cleanUp() {
  await caches.delete(OWN);
  await (await subscription())?.unsubscribe();
}

async function subscription() {
  const worker = await navigator.serviceWorker.getRegistration(SCOPE.scope);
  return worker?.pushManager?.getSubscription();
}

function offerToInstall() {
  const card = document.querySelector("[data-install]");
  if (!card || matchMedia("(display-mode: standalone)").matches) {
    return;
  }
  card.hidden = false;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const button = card.querySelector("button");
    button.hidden = false;
    card.querySelector("[data-by-hand]").hidden = true;
    button.addEventListener("click", () => event.prompt());
  });
  addEventListener("appinstalled", () => (card.hidden = true));
}

async function offerToCall(section) {
  const show = (name) => section.querySelectorAll(`[data-when=${name}]`).forEach((part) => (part.hidden = false));
  if (!works || !("PushManager" in self) || !("Notification" in self)) {
    show("never");
  } else if (Notification.permission === "denied") {
    show("denied");
  } else if (!("here" in section.dataset) || !(await subscription())) {
    show("off");
    const form = section.querySelector("form[data-when=off]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      callHere(section.dataset.push, form).catch(() => show(Notification.permission === "denied" ? "denied" : "failed"));
    });
  } else {
    show("on");
  }
}

async function callHere(key, form) {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error("not allowed");
  }
  await navigator.serviceWorker.register(WORKER, SCOPE);
  const worker = await started();
  await (await worker.pushManager.getSubscription())?.unsubscribe(); // perhaps made for somebody else, or with an old key
  const made = (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })).toJSON();
  form.elements.endpoint.value = made.endpoint;
  form.elements.p256dh.value = made.keys.p256dh;
  form.elements.auth.value = made.keys.auth;
  form.submit();
}

/** This page lies outside the worker's scope, so `ready` would never come. */
async function started() {
  const worker = await navigator.serviceWorker.getRegistration(SCOPE.scope);
  const starting = worker.installing ?? worker.waiting;
  if (!worker.active && starting) {
    await new Promise((done) => starting.addEventListener("statechange", () => starting.state === "activated" && done()));
  }
  return worker;
}
