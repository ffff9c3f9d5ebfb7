/** How the circles of readers look and are called. */
import type { Status } from "../api/entities";
import type { Key } from "../core/i18n.svelte";
import type { IconName } from "./Icon.svelte";

type Visibility = Status["visibility"];
export const VISIBILITIES: Visibility[] = ["public", "unlisted", "private", "direct"];

export const VISIBILITY_ICON: Record<Visibility, IconName> = {
  public: "globe",
  unlisted: "moon",
  private: "lock",
  direct: "at",
};
export const VISIBILITY_NAME: Record<Visibility, Key> = {
  public: "visibility.public",
  unlisted: "visibility.unlisted",
  private: "visibility.private",
  direct: "visibility.direct",
};
export const VISIBILITY_HINT: Record<Visibility, Key> = {
  public: "visibility.public.hint",
  unlisted: "visibility.unlisted.hint",
  private: "visibility.private.hint",
  direct: "visibility.direct.hint",
};
