/** What the person chose for this browser only; it never leaves it. */
import { kept } from "./kept";

export interface Choices {
  theme: "auto" | "light" | "dark";
  motion: "auto" | "reduced";
  textSize: "small" | "normal" | "large";
  /** Seconds in which a post can be taken back before it is sent. */
  undoSeconds: number;
  confirmBoost: boolean;
  autoplay: boolean;
  /** Posts that arrive are shown at once when the top of the list is visible. */
  live: boolean;
  openWarnings: boolean;
  shortcuts: boolean;
}

const ORDINARY: Choices = {
  theme: "auto",
  motion: "auto",
  textSize: "normal",
  undoSeconds: 5,
  confirmBoost: false,
  autoplay: false,
  live: true,
  openWarnings: false,
  shortcuts: true,
};
const saved = kept<Partial<Choices>>("choices", {});

export const choices = $state<Choices>({ ...ORDINARY, ...saved.get() });

export function choose(change: Partial<Choices>): void {
  Object.assign(choices, change);
  saved.set({ ...choices });
  applyChoices();
}

/** Puts the choices where the styles see them. */
export function applyChoices(): void {
  const { dataset } = document.documentElement;
  set("theme", choices.theme === "auto" ? null : choices.theme);
  set("motion", choices.motion === "auto" ? null : choices.motion);
  set("textSize", choices.textSize === "normal" ? null : choices.textSize);
  function set(name: string, value: string | null): void {
    if (value) dataset[name] = value;
    else delete dataset[name];
  }
}

/** Whether things may move. */
export function calm(): boolean {
  return choices.motion === "reduced" || matchMedia("(prefers-reduced-motion: reduce)").matches;
}
