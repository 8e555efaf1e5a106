// Pictures, voice notes and files: photos lose their place before they are sent, load on tap when data is dear,
// and a voice note plays where it stands.
import { BlobHandle, FileTile, FileView, ImageTile, ImageView, VideoTile } from "hydrogen-view-sdk";

const SAVING = "kamar_hemat"; // "1" or "0" in localStorage
const SENT_MAX = 1600; // pixels on the longer side: sharp on a telephone, about 300 kB
const SENT_QUALITY = 0.85;
const UNKNOWN_SIZE = { w: 320, h: 240 }; // some programs send pictures without their size
const KEPT_AS_THEY_ARE = new Set(["image/gif", "image/svg+xml"]); // a canvas would stop the movement

export function isSaving() {
  const chosen = localStorage.getItem(SAVING);
  return chosen === null ? Boolean(navigator.connection?.saveData) : chosen === "1";
}

export function setSaving(on) {
  localStorage.setItem(SAVING, on ? "1" : "0");
}

export function dressMedia(platform, config) {
  dressPhotos();
  dressFiles();
  dressSending(platform, config.limits ?? {});
}

function dressPhotos() {
  for (const Tile of [ImageTile, VideoTile]) {
    const { notifyVisible } = Tile.prototype;
    Tile.prototype.notifyVisible = function () {
      if (this.isPending || this.tapped || this.isOwn || !isSaving()) {
        notifyVisible.call(this);
      }
    };
    Object.defineProperty(Tile.prototype, "waits", {
      get() { return !this._isVisible && isSaving() && !this.isPending && !this.isOwn; },
    });
    const content = Tile.prototype._getContent;
    Tile.prototype._getContent = function () {
      return sized(content.call(this) ?? {});
    };
  }
  const { renderMedia } = ImageView.prototype;
  ImageView.prototype.renderMedia = function (t, vm) {
    const picture = renderMedia.call(this, t, vm);
    const load = (event) => {
      event.stopPropagation(); // the button is gone before the list behind it looks for it
      vm.tapped = true;
      vm.notifyVisible();
      vm.emitChange("waits");
    };
    const ask = (tt) => tt.button({ className: "TapToLoad", onClick: load }, `Lihat foto${weight(vm)}`);
    return t.div({ className: "Photo" }, [picture, t.if((tile) => tile.waits, ask)]);
  };
}

function sized(content) {
  const { info = {} } = content;
  return info.w > 0 && info.h > 0 ? content : { ...content, info: { ...info, ...UNKNOWN_SIZE } };
}

function weight(vm) {
  const { size, thumbnail_info: small } = vm._getContent().info;
  const bytes = small?.size ?? size;
  return bytes ? ` (${Math.max(1, Math.round(bytes / 1000)).toLocaleString("id")} kB)` : "";
}

function dressFiles() {
  const { renderMessageBody } = FileView.prototype;
  FileView.prototype.renderMessageBody = function (t, vm) {
    const { msgtype, url, body } = vm._getContent();
    if (msgtype !== "m.audio" || !url || vm.isPending) {
      return renderMessageBody.call(this, t, vm);
    }
    const player = document.createElement("audio");
    player.controls = true;
    player.preload = "none";
    player.src = vm._mediaRepository.mxcUrl(url);
    player.setAttribute("aria-label", body || "Pesan suara");
    return t.div({ className: "Timeline_messageBody" }, [player, t.time(vm.time)]);
  };
}

function dressSending(platform, limits) {
  const openFile = platform.openFile.bind(platform);
  platform.openFile = async (mimeType) => {
    const file = await openFile(mimeType);
    const limit = file && limitOf(file.blob.mimeType, limits);
    if (limit && file.blob.size > limit * 1_000_000) {
      alert(`Berkas ini ${Math.ceil(file.blob.size / 1_000_000)} MB. Paling besar ${limit} MB. Pilih yang lebih kecil.`);
      return undefined;
    }
    return file;
  };
  const loadImage = platform.loadImage.bind(platform);
  platform.loadImage = async (blob) => loadImage(await withoutPlace(blob, await sentMax(platform)));
  platform.saveFileAs = saveFile;
}

/** In megabytes, or undefined. Photos are made small before they are sent, so they have none. */
function limitOf(type, limits) {
  const kind = type.split("/")[0];
  return kind === "image" ? undefined : limits[kind] ?? limits.file;
}

async function sentMax(platform) {
  return (await platform.settingsStorage.getInt("sentImageSizeLimit")) || SENT_MAX;
}

/** Draw a photo anew: place, camera and date stay behind, and it becomes small enough to send. */
async function withoutPlace(blob, max) {
  if (KEPT_AS_THEY_ARE.has(blob.mimeType)) {
    return blob;
  }
  const bitmap = await createImageBitmap(blob.nativeBlob);
  const scale = Math.min(1, max / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const type = blob.mimeType === "image/png" ? "image/png" : "image/jpeg";
  return BlobHandle.fromBlobUnsafe(await new Promise((done) => canvas.toBlob(done, type, SENT_QUALITY)));
}

function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = blob.url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}
