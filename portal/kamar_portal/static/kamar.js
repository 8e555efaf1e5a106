// Small comforts; every page works without them.
const ready = (selector, make) => document.querySelectorAll(selector).forEach(make);

ready("[data-copy]", (button) => {
  if (!navigator.clipboard) {
    return;
  }
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy.replace(/\n+/g, "\n"));
    button.lastChild.textContent = ` ${button.dataset.done}`;
    button.setAttribute("aria-live", "polite");
  });
});

ready("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

ready("[data-show]", (label) => {
  label.hidden = false;
  const field = document.getElementById(label.dataset.show);
  label.addEventListener("change", (event) => {
    field.type = event.target.checked ? "text" : "password";
  });
});

// Something is still starting: try again, as often as it takes.
ready("[data-again]", (link) => setTimeout(() => link.click(), 1000 * link.dataset.again));

// The last step of a sign-up takes a moment: say so, and take one tap only.
ready("[data-busy]", (button) => {
  button.form.addEventListener("submit", (event) => {
    if (button.ariaBusy) {
      event.preventDefault();
    }
    button.ariaBusy = "true";
    button.textContent = button.dataset.busy;
  });
});
addEventListener("pageshow", (event) => event.persisted && location.reload());

// Typing a password of one's own chooses it; a generated one needs no field.
ready(".password", (set) => {
  const own = set.querySelector("#sandi");
  const choose = () => {
    own.required = set.querySelector("[value=tidak]").checked;
  };
  set.addEventListener("change", choose);
  choose();
});
