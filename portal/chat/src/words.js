// The client's words in Indonesian. The key is the English sentence, its values written {0}, {1}...
// A sentence the table lacks stays English, so nothing is ever lost.
import table from "../words.json" with { type: "json" };

export function words(parts, ...values) {
  const pieces = typeof parts === "string" ? [parts] : parts;
  const key = pieces.reduce((text, piece, index) => `${text}{${index - 1}}${piece}`);
  const sentence = table[key] ?? key;
  return sentence.replace(/\{(\d)\}/g, (_, index) => values[index]);
}
