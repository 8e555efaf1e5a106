// How the chat opens: what its address asks for, and which session in this browser answers.
//
//   /chat/?loginToken=T&user=@id:server   log in without typing, or carry on with the session that is here already
//   /chat/?user=@id:server                carry on with that member's session; where there is none, fetch a token at `login`
//   /chat/?room=!id  or  /chat/#/room/!id  open that room
//   /chat/?hemat=1   load pictures only when tapped (0: load them again)
//   /chat/?keluar=1  offer to log out

const SESSION_ADDRESS = "hydrogen_last_url_hash"; // where the package keeps the address it showed last

/** Read what an address asks for; nothing of it stays in the address bar. */
export function wanted({ search, hash }) {
  const query = new URLSearchParams(search);
  const inHash = /^#\/room\/([^/?]+)$/.exec(hash);
  return {
    token: query.get("loginToken"),
    user: query.get("user"),
    room: query.get("room") ?? (inHash ? decodeURIComponent(inHash[1]) : null),
    saving: query.has("hemat") ? query.get("hemat") !== "0" : null,
    leave: query.has("keluar"),
  };
}

/** The address without what `wanted` has read. */
export function remainder({ pathname, hash }) {
  return pathname + (/^#\/room\//.test(hash) ? "" : hash);
}

/**
 * Decide what to show: `login` by the token, `session` (with its id), `fetch` a token, or `usual` (what the package does).
 * A token names nobody, so without `user` it always logs in.
 */
export function choose({ token, user }, sessions, lastAddress) {
  const mine = latest(sessions.filter((session) => session.userId === user));
  if (mine) {
    return { show: "session", id: mine.id };
  }
  if (token || user) {
    return { show: token ? "login" : "fetch" };
  }
  const shown = /^#\/session\/([^/]+)/.exec(lastAddress ?? "")?.[1];
  const here = sessions.find(({ id }) => id === shown) ?? (sessions.length === 1 ? sessions[0] : null);
  return here ? { show: "session", id: here.id } : { show: "usual" };
}

function latest(sessions) {
  return sessions.reduce((best, session) => (!best || session.lastUsed > best.lastUsed ? session : best), null);
}

export function lastAddress(storage) {
  return storage.getItem(SESSION_ADDRESS);
}

/** Tell whether the server still knows a session. Without an answer we believe it: reading offline must work. */
export async function alive(session) {
  const request = { headers: { Authorization: `Bearer ${session.accessToken}` } };
  try {
    return (await fetch(`${session.homeserver}/_matrix/client/v3/account/whoami`, request)).status !== 401;
  } catch {
    return true;
  }
}

/** End older sessions of the member who has just logged in, here and on the server. */
export async function endOthers(platform, kept) {
  const sessions = await platform.sessionInfoStorage.getAll();
  const current = sessions.find(({ id }) => id === kept);
  for (const session of sessions) {
    if (session.id !== kept && session.userId === current?.userId) {
      await logOut(session);
      await forget(platform, session);
    }
  }
}

export async function forget(platform, session) {
  await platform.storageFactory.delete(session.id);
  await platform.sessionInfoStorage.delete(session.id);
}

async function logOut({ homeserver, accessToken }) {
  const request = { method: "POST", headers: { Authorization: `Bearer ${accessToken}` } };
  await fetch(`${homeserver}/_matrix/client/v3/logout`, request).catch(() => {}); // the server may be away; the copy here goes anyhow
}
