/** Files on their way to the server: how far they are, why one failed, and trying again. */
import { send, upload } from "../api/client";
import type { MediaAttachment } from "../api/entities";
import { t } from "./i18n.svelte";
import { session } from "./session.svelte";
import { inWords } from "./toasts.svelte";

export class Upload {
  share = $state(0);
  trouble = $state<string | null>(null);
  done = $state.raw<MediaAttachment | null>(null);
  /** The server is still working on it. */
  working = $state(false);
  readonly preview: string | null;
  private abort = new AbortController();

  constructor(readonly file: File) {
    this.preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  }

  async start(): Promise<MediaAttachment | null> {
    this.trouble = tooLarge(this.file);
    if (this.trouble) return null;
    this.share = 0;
    this.abort = new AbortController();
    const data = new FormData();
    data.append("file", this.file);
    try {
      const made = await upload<MediaAttachment>("/api/v2/media", data, (share) => (this.share = share), this.abort.signal);
      this.working = made.url === null;
      this.done = made.url === null ? await this.ready(made.id) : made;
      return this.done;
    } catch (error) {
      this.trouble = inWords(error) || null;
      return null;
    } finally {
      this.working = false;
    }
  }

  cancel(): void {
    this.abort.abort();
    if (this.preview) URL.revokeObjectURL(this.preview);
  }

  /** Films take a while; the server says 206 until they are ready. */
  private async ready(id: string): Promise<MediaAttachment> {
    for (let wait = 500; ; wait = Math.min(4000, wait * 1.5)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      const { data } = await send("GET", `/api/v1/media/${id}`, { signal: this.abort.signal });
      if ((data as MediaAttachment).url !== null) return data as MediaAttachment;
    }
  }
}

function tooLarge(file: File): string | null {
  const limits = session.instance?.configuration.media_attachments;
  if (!limits) return null;
  if (limits.supported_mime_types.length > 0 && file.type && !limits.supported_mime_types.includes(file.type)) {
    return t("upload.kind", { kind: file.type });
  }
  const most = file.type.startsWith("image/") ? limits.image_size_limit : limits.video_size_limit;
  return file.size > most ? t("upload.large", { n: Math.floor(most / 1_000_000) }) : null;
}

