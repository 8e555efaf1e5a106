// Starts the web client: reads config.json, dresses the package, then opens what the address asks for.
import { createNavigation, createRouter, FeatureSet, Platform, RootViewModel, ViewModel } from "hydrogen-view-sdk";
import { dressForAll } from "./access.js";
import { paint } from "./brand.js";
import { lastKnown } from "./last_known.js";
import { dressMedia, setSaving } from "./media.js";
import { alive, choose, endOthers, forget, lastAddress, remainder, wanted } from "./opening.js";
import { dressRoomList } from "./rooms.js";
import { dressSettings } from "./settings.js";
import { dressTimeline, tileFor } from "./timeline.js";
import { words } from "./words.js";

const CONTAINER = document.querySelector("#app");
const { olm, wasm, slow } = document.documentElement.dataset;
const DEFAULTS = { portal: "../", name: "Sosial Kamar" };

start().catch((error) => {
  console.error(error);
  say("Obrolan belum bisa dibuka. Periksa sambungan internet, lalu muat ulang halaman ini.");
});

async function start() {
  const wish = wanted(location);
  history.replaceState(null, "", remainder(location)); // first of all: a token must not stay in the address bar
  if (wish.saving !== null) {
    setSaving(wish.saving);
  }
  if (!window.isSecureContext || !navigator.serviceWorker) {
    say("Obrolan hanya bisa dibuka lewat alamat yang aman (https), dan tidak dalam jendela penyamaran Firefox.");
    return;
  }
  const config = { ...DEFAULTS, ...(await lastKnown(readConfig, "kamar_config")) };
  document.title = `Obrolan - ${config.name}`;
  paint(CONTAINER, config.brand);
  const platform = await makePlatform(config);
  dress(platform, config);
  const choice = await showing(platform, wish);
  if (choice.show === "fetch" && config.login) {
    location.replace(`${config.login}?${new URLSearchParams(wish.room ? { room: wish.room } : {})}`);
    return;
  }
  await open(platform, wish, choice);
}

/** The server's settings. */
async function readConfig() {
  const answer = await fetch("config.json");
  if (!answer.ok) {
    throw new Error(`config.json: ${answer.status}`);
  }
  return answer.json();
}

async function makePlatform(config) {
  const platform = new Platform({
    container: CONTAINER,
    assetPaths: { olm: { wasm, wasmBundle: olm, legacyBundle: slow }, serviceWorker: "sw.js" },
    config,
  });
  const encryption = loadOlm();
  platform.loadOlm = () => encryption;
  platform.loadOlmWorker = () => undefined;
  await platform.init();
  return platform;
}

/** Load the encryption; where the browser refuses WebAssembly (before 2022, for our policy), its slower twin. */
async function loadOlm() {
  try {
    await script(olm);
    await window.Olm.init({ locateFile: () => wasm });
  } catch {
    delete window.Olm;
    await script(slow);
    await window.Olm.init();
  }
  return window.Olm;
}

function script(address) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject });
    document.head.append(element);
  });
}

function dress(platform, config) {
  ViewModel.prototype.i18n = words;
  const times = platform.timeFormatter;
  const days = { weekday: "long", day: "numeric", month: "long" };
  times.relativeDayFormatter = new Intl.RelativeTimeFormat("id", { numeric: "auto" });
  times.weekdayFormatter = new Intl.DateTimeFormat("id", { weekday: "long" });
  times.currentYearFormatter = new Intl.DateTimeFormat("id", days);
  times.otherYearFormatter = new Intl.DateTimeFormat("id", { ...days, year: "numeric" });
  times.timeFormatter = new Intl.DateTimeFormat("id", { hour: "2-digit", minute: "2-digit" });
  dressRoomList();
  dressTimeline();
  dressMedia(platform, config);
  dressSettings(config);
  dressForAll();
}

/** What to show first; a session that the server has ended is forgotten on the way. */
async function showing(platform, wish) {
  const sessions = await platform.sessionInfoStorage.getAll();
  const choice = choose(wish, sessions, lastAddress(localStorage));
  if (choice.show !== "session") {
    return choice;
  }
  const session = sessions.find(({ id }) => id === choice.id);
  if (!(wish.token || wish.user) || (await alive(session))) {
    return choice;
  }
  await forget(platform, session);
  return showing(platform, wish);
}

async function open(platform, wish, choice) {
  const navigation = createNavigation();
  platform.setNavigation(navigation);
  const { urlAsPath } = platform.history;
  platform.history.urlAsPath = (url) => urlAsPath(url.replace(/^#\/room\//, "#/last-session/room/")); // our own links to rooms
  const urlRouter = createRouter({ navigation, history: platform.history });
  urlRouter.attach();
  const features = await FeatureSet.load(platform.settingsStorage);
  const view = new RootViewModel({ platform, urlRouter, urlCreator: urlRouter, navigation, features, tileClassForEntry: tileFor });
  go(platform, navigation, wish, choice);
  await view.load();
  platform.createAndMountRootView(view);
}

function go(platform, navigation, { token, user, room, leave }, choice) {
  const to = (...steps) => navigation.applyPath(navigation.pathFrom(steps.map((step) => navigation.segment(...step))));
  if (choice.show === "login") {
    platform.settingsStorage.setString("sso_ongoing_login_homeserver", platform.config.defaultHomeServer);
    afterLogin(navigation, (id) => {
      endOthers(platform, id);
      if (room) {
        navigation.push("room", room);
      }
    });
    to(["sso", token]);
  } else if (choice.show === "session" && leave) {
    to(["logout", choice.id]);
  } else if (choice.show === "session" && (room || token || user)) {
    to(["session", choice.id], ...(room ? [["room", room]] : []));
  } else if (leave) {
    location.assign(platform.config.portal);
  } else if (room) {
    afterLogin(navigation, () => navigation.push("room", room));
  }
}

/** Call back once, after the router has finished telling everybody about the new session. */
function afterLogin(navigation, callback) {
  const stop = navigation.observe("session").subscribe((id) => {
    if (typeof id === "string") {
      stop();
      setTimeout(() => callback(id));
    }
  });
}

function say(sentence) {
  const text = document.createElement("p");
  text.className = "Notice";
  text.textContent = sentence;
  const link = document.createElement("a");
  link.className = "button-action primary";
  link.href = DEFAULTS.portal;
  link.textContent = "Kembali ke Komunitas Saya";
  CONTAINER.replaceChildren(text, link);
}
