// For those who listen or use the keyboard: landmarks, names for buttons, and new messages read aloud.
import { ButtonsView, DateHeaderView, LoginView, Menu, RightPanelView, SessionLoadView, SessionPickerView, TimelineView } from "hydrogen-view-sdk";

const ONE_COLUMN = matchMedia("(max-width: 800px)"); // as in the package's style sheet

/** The landmark of a part that on a telephone fills the screen alone. */
export function landmark(beside) {
  return ONE_COLUMN.matches ? "main" : beside;
}

export function dressForAll() {
  after(TimelineView, (root) => name(root.querySelector(".Timeline_scroller"), { role: "log", tabindex: "0", "aria-label": "Pesan" }));
  after(RightPanelView, (root) => name(root, { role: landmark("complementary"), "aria-label": "Tentang kamar ini" }));
  after(ButtonsView, (root) => {
    name(root.querySelector(".close"), { "aria-label": "Tutup" });
    name(root.querySelector(".back"), { "aria-label": "Kembali" });
  });
  after(Menu, (root) => root.removeAttribute("role")); // its items are buttons in a list, and work as such
  for (const Screen of [LoginView, SessionLoadView, SessionPickerView]) {
    after(Screen, (root) => name(root, { role: "main" }));
  }
  DateHeaderView.prototype.render = (t, vm) =>
    t.li({ className: "DateHeader" }, t.time({ dateTime: vm.machineReadableDate }, vm.relativeDate));
}

function after(View, change) {
  const { render } = View.prototype;
  View.prototype.render = function (...values) {
    const root = render.apply(this, values);
    change(root);
    return root;
  };
}

function name(element, attributes) {
  Object.entries(attributes).forEach(([attribute, value]) => element?.setAttribute(attribute, value));
}
