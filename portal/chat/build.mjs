// Builds the web client: node build.mjs TARGET. Run in a copy of this folder where `npm ci` has run.
// TARGET gets index.html, sw.js, hashed assets, and a .br and .gz beside every text.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { EXTRA_EXPORTS, PATCHES, WORD_PATCHES } from "./patches.mjs";

const HERE = import.meta.dirname;
const TARGET = process.argv[2];
const BROWSERS = ["chrome80", "firefox78", "safari14"]; // what telephones from 2017 on still get
const COMPRESSED = new Set([".css", ".html", ".js", ".json", ".svg", ".wasm", ".webmanifest"]);
const MIN_COMPRESSED = 512; // bytes; smaller files gain nothing

const sdk = dirname(dirname(createRequire(join(HERE, "build.mjs")).resolve("hydrogen-view-sdk")));
const olm = dirname(createRequire(join(HERE, "build.mjs")).resolve("@matrix-org/olm"));
const theme = JSON.parse(readFileSync(join(sdk, "asset-build/assets", themeFile(/^theme-element-\w+\.json$/)), "utf8"));

function themeFile(pattern) {
  return readdirSync(join(sdk, "asset-build/assets")).find((name) => pattern.test(name));
}

function once(text, find, put) {
  if (text.split(find).length !== 2) {
    throw new Error(`expected exactly once: ${find}`);
  }
  return text.replace(find, () => put);
}

function patchedSdk(text) {
  for (const { find, put } of [...PATCHES, ...WORD_PATCHES]) {
    text = once(text, find, put);
  }
  text = once(text, "export { AnnouncementView,", `export { ${EXTRA_EXPORTS.join(", ")}, AnnouncementView,`);
  const ours = ["lastKnown } from \"chat/last_known.js\"", "previewAfter } from \"chat/preview.js\"", "words } from \"chat/words.js\""];
  return ours.map((name) => `import { ${name};\n`).join("") + inWords(text);
}

/** Lead every sentence of words.json through `words`: quoted texts of several words, and templates. */
function inWords(text) {
  const table = JSON.parse(readFileSync(join(HERE, "words.json"), "utf8"));
  for (const key of Object.keys(table)) {
    let found = 0;
    const template = new RegExp("(?<![\\w$])`" + key.split(/\{\d\}/).map(escaped).join("\\$\\{(?:[^{}`]|`[^`]*`|\\{[^{}]*\\})*\\}") + "`", "g");
    text = text.replace(template, (match) => (found++, `words${match}`));
    const tagged = new RegExp(template.source.replace("(?<![\\w$])", "i18n"));
    found += tagged.test(text) ? 1 : 0;
    if (/[ …]/.test(key)) {
      for (const quoted of new Set([JSON.stringify(key), JSON.stringify(key).replaceAll("…", "\\u2026")])) {
        found += text.split(quoted).length - 1;
        text = text.replaceAll(quoted, `words(${quoted})`);
      }
    }
    const named = WORD_PATCHES.some(({ put }) => put.includes(`words("${key}")`));
    if (!found && !named) {
      throw new Error(`words.json: not a sentence of the client: ${key}`);
    }
  }
  return text;
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", "(?:…|\\\\u2026)");
}

/** The package's icons in our colours, as CSS variables for light and dark. */
function colourSheet() {
  const colours = JSON.parse(readFileSync(join(HERE, "colours.json"), "utf8"));
  const rules = (tokens) => {
    const icons = Object.entries(theme.source.icon).map(([name, address]) => {
      const [file, colour] = address.split("?primary=");
      const value = tokens[colour] ?? tokens[ALIASES[colour]];
      const svg = readFileSync(join(sdk, "asset-build/assets", file), "utf8").replaceAll("#ff00ff", value);
      return `--${name}:url("data:image/svg+xml,${encodeURIComponent(svg)}");`;
    });
    const named = Object.entries(ALIASES).map(([alias, name]) => [alias, tokens[name]]);
    return [...Object.entries(tokens), ...named].map(([name, value]) => `--${name}:${value};`).join("") + icons.join("");
  };
  const dark = rules({ ...colours.light, ...colours.dark });
  return `body.hydrogen{${rules(colours.light)}}\n@media (prefers-color-scheme:dark){body.hydrogen{${dark}}}\n`;
}

const ALIASES = Object.fromEntries(
  theme.source["derived-variables"].filter((name) => name.includes("=")).map((name) => name.split("=")),
);

const plugin = {
  name: "kamar",
  setup(build) {
    build.onResolve({ filter: /^chat\// }, ({ path }) => ({ path: join(HERE, "src", path.slice(5)) }));
    build.onResolve({ filter: /^hydrogen\.css$|^colours\.css$/ }, ({ path }) => ({ path, namespace: "kamar" }));
    build.onLoad({ filter: /hydrogen\.es\.js$/ }, ({ path }) => ({ contents: patchedSdk(readFileSync(path, "utf8")), resolveDir: dirname(path) }));
    build.onLoad({ filter: /^hydrogen\.css$/, namespace: "kamar" }, () => {
      const css = readFileSync(join(sdk, "asset-build/assets", theme.source["runtime-asset"]), "utf8");
      return { contents: css.replace(/@font-face\{font-family:Inter;[^}]*\}/g, ""), loader: "css" };
    });
    build.onLoad({ filter: /^colours\.css$/, namespace: "kamar" }, () => ({ contents: colourSheet(), loader: "css" }));
  },
};

async function bundle() {
  const result = await esbuild.build({
    absWorkingDir: HERE,
    entryPoints: { app: "src/app.js", theme: "theme.css" },
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: BROWSERS,
    external: ["fs", "path", "crypto"],
    define: { global: "globalThis" },
    legalComments: "none",
    outdir: TARGET,
    metafile: true,
    plugins: [plugin],
  });
  const outputs = Object.keys(result.metafile.outputs).map((path) => path.split("/").pop());
  return { app: outputs.find((name) => name.startsWith("app-")), css: outputs.find((name) => name.startsWith("theme-")) };
}

function hashed(name, bytes) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  const file = name.replace(/\.(\w+)$/, `-${hash}.$1`);
  writeFileSync(join(TARGET, file), bytes);
  return file;
}

function page(files) {
  const html = readFileSync(join(HERE, "index.html"), "utf8");
  return Object.entries(files).reduce((text, [name, file]) => text.replaceAll(`{${name}}`, file), html);
}

/** The package's worker adds the access token to pictures; told our files, it keeps them for the next visit too. */
function worker(files, version) {
  let text = readFileSync(join(sdk, "lib-build/sw.js"), "utf8").replaceAll("4079461460", version);
  text = once(text, "const keyList = await caches.keys();", 'const keyList = (await caches.keys()).filter((name) => name.startsWith("hydrogen-"));'); // the portal keeps a page of its own
  text = once(text, "UNHASHED_PRECACHED_ASSETS = []", `UNHASHED_PRECACHED_ASSETS = ["index.html"]`);
  text = once(text, "const HASHED_PRECACHED_ASSETS = []", `const HASHED_PRECACHED_ASSETS = ${JSON.stringify(files)}`);
  return text;
}

function compress() {
  for (const name of readdirSync(TARGET)) {
    const bytes = readFileSync(join(TARGET, name));
    if (COMPRESSED.has(extname(name)) && bytes.length >= MIN_COMPRESSED) {
      writeFileSync(join(TARGET, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      writeFileSync(join(TARGET, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
    }
  }
}

mkdirSync(TARGET, { recursive: true });
const files = await bundle();
files.olm = hashed("olm.js", readFileSync(join(olm, "olm.js")));
files.wasm = hashed("olm.wasm", readFileSync(join(olm, "olm.wasm")));
const slow = hashed("olm-slow.js", readFileSync(join(olm, "olm_legacy.js"))); // fetched by browsers without WebAssembly only
files.icon = hashed("icon.svg", readFileSync(join(HERE, "icon.svg")));
files.manifest = hashed("app.webmanifest", readFileSync(join(HERE, "app.webmanifest"), "utf8").replace("{icon}", files.icon));
const html = page({ ...files, slow });
writeFileSync(join(TARGET, "index.html"), html);
writeFileSync(join(TARGET, "sw.js"), worker(Object.values(files), createHash("sha256").update(html).digest("hex").slice(0, 10)));
compress();
