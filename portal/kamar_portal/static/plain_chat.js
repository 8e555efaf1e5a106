// New messages on an open page; without this script the link "Perbarui" does it. docs/plain_chat.md
const talk = document.querySelector("[data-aliran]");
const news = document.getElementById("kabar");
const AGAIN = 30_000; // milliseconds

if (talk && "EventSource" in window) {
  let source = null;
  let waiting = 0;
  const hear = (name, act) => source.addEventListener(name, (event) => act(JSON.parse(event.data)));
  const stop = () => {
    clearTimeout(waiting);
    source?.close();
    source = null;
  };
  const start = () => {
    stop();
    source = new EventSource(`${talk.dataset.aliran}?sejak=${encodeURIComponent(talk.dataset.sejak)}`);
    hear("pesan", ({ id, html, said }) => {
      talk.dataset.sejak = id;
      if (!document.getElementById(id)) {
        talk.querySelector(".lead")?.remove(); // nothing is empty any longer
        document.getElementById("baru").insertAdjacentHTML("beforeend", html);
        news.textContent = said;
      }
    });
    hear("hapus", ({ id }) => {
      const line = document.getElementById(id);
      if (line) {
        const gone = document.createElement("p");
        gone.className = "help";
        gone.textContent = talk.dataset.hapus;
        line.replaceChildren(line.querySelector("h3"), gone);
        news.textContent = talk.dataset.hapus; // what was deleted is not said any longer
      }
    });
    hear("muat", () => {
      news.textContent = talk.dataset.muat;
      news.className = "notice";
      stop();
    });
    hear("selesai", stop);
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) {
        waiting = setTimeout(start, AGAIN);
      }
    });
  };
  // A page that nobody looks at holds nothing open and reads nothing.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  addEventListener("pagehide", stop);
  start();
}
