// A member with matrix-js-sdk (rust crypto), as Element has it: talks with the bot, prints one line of JSON, ends.
// Argument: {"url", "user", "device", "token", "bot", "strict"}; strict leaves out devices that their owner did not sign.
import { ClientEvent, MatrixEventEvent, RoomEvent, createClient } from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";

logger.disableAll();
const ask = JSON.parse(process.argv[2]);
const client = createClient({ baseUrl: ask.url, userId: ask.user, deviceId: ask.device, accessToken: ask.token });
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
if (ask.strict) {
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (request) => request(null) });
    crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
}

const heard = []; // what the bot said, opened
client.on(RoomEvent.Timeline, (event) => note(event));
client.on(MatrixEventEvent.Decrypted, (event) => note(event));
function note(event) {
    const known = heard.some((item) => item.id === event.getId());
    if (event.getSender() !== ask.bot || known || event.getType() !== "m.room.message") return;
    heard.push({
        id: event.getId(),
        encrypted: event.isEncrypted(),
        failed: event.isDecryptionFailure(),
        body: event.getContent().body ?? "",
        file: event.getContent().file ?? null,
    });
}

async function until(found) {
    for (;;) {
        const value = found();
        if (value) return value;
        await new Promise((again) => setTimeout(again, 100));
    }
}

await client.startClient({ initialSyncLimit: 20 });
await new Promise((ready) => client.once(ClientEvent.Sync, ready));
const state = [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }];
const { room_id: room } = await client.createRoom({ is_direct: true, invite: [ask.bot], initial_state: state });
await until(() => client.getRoom(room)?.getMember(ask.bot)?.membership === "join");
const said = (word) => heard.find((item) => !item.failed && item.body.includes(word));
await until(() => said("Halo! Saya Kamar"));
await client.sendTextMessage(room, "kamar");
await until(() => said("Anda tinggal di"));
await client.sendTextMessage(room, "!kamr");
const question = await until(() => said("Maksud Anda !kamar?"));
const relation = { rel_type: "m.annotation", event_id: question.id, key: "1️⃣" };
await client.sendEvent(room, "m.reaction", { "m.relates_to": relation });
await until(() => heard.filter((item) => item.body.includes("Anda tinggal di")).length === 2);
await client.sendTextMessage(room, "!ajak");
await until(() => said("Kode QR")?.file);
const status = await crypto.getDeviceVerificationStatus(ask.bot, (await devices())[0]);
process.stdout.write("\n" + JSON.stringify({ room, heard, signed: status?.signedByOwner ?? false, devices: (await devices()).length }) + "\n");
process.exit(0);

async function devices() {
    const all = await crypto.getUserDeviceInfo([ask.bot], true);
    return [...(all.get(ask.bot)?.keys() ?? [])];
}
