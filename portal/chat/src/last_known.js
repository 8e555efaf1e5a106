// Answers of servers that are needed to start, kept for a start without a connection.

/** Ask, and keep the answer in localStorage below `key`; when nobody answers, give the one kept. */
export async function lastKnown(ask, key = "kamar_versions") {
  try {
    const answer = await ask();
    localStorage.setItem(key, JSON.stringify(answer));
    return answer;
  } catch (error) {
    const kept = localStorage.getItem(key);
    if (kept === null) {
      throw error;
    }
    return JSON.parse(kept);
  }
}
