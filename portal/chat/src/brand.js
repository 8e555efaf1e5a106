// The organisation's colour, made readable on both backgrounds (WCAG AA, 4.5 to 1).

const ENOUGH = 4.5;
const GROUND = { light: "#ffffff", dark: "#14181a" };

function parts(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function luminance(colour) {
  const [red, green, blue] = parts(colour).map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function towards(colour, goal, share) {
  const end = parts(goal);
  return "#" + parts(colour).map((value, at) => Math.round(value + (end[at] - value) * share).toString(16).padStart(2, "0")).join("");
}

/** The nearest shade of `colour` (#rrggbb) that can be read on a scheme's background. */
export function readable(colour, scheme) {
  const goal = scheme === "dark" ? "#ffffff" : "#000000";
  for (let share = 0; share < 1; share += 0.05) {
    const shade = towards(colour, goal, share);
    if (contrast(shade, GROUND[scheme]) >= ENOUGH) {
      return shade;
    }
  }
  return goal;
}

export function paint(root, colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour ?? "")) {
    return;
  }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const shade = readable(colour, dark.matches ? "dark" : "light");
    root.style.setProperty("--accent-color", shade);
    root.style.setProperty("--on-accent", contrast(shade, "#ffffff") >= ENOUGH ? "#ffffff" : "#101413");
  };
  apply();
  dark.addEventListener("change", apply);
}
