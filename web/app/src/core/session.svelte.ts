/**
 * Who is signed in here. The app signs in like any other app: it registers itself, sends the person to the server's
 * own pages and exchanges the code (OAuth 2, PKCE). It never sees a password.
 */
import { connect, get, post, Trouble } from "../api/client";
import type { CredentialAccount, CustomEmoji, Instance, Preferences } from "../api/entities";
import { forgetAll, kept } from "./kept";
import { language } from "./i18n.svelte";

const SCOPES = "read write follow push profile";
const STAFF_SCOPES = `${SCOPES} admin:read admin:write`;

interface Client {
  id: string;
  secret: string;
  scopes: string;
}
interface Grant {
  token: string;
  scope: string;
}
interface Attempt {
  state: string;
  verifier: string;
  client: Client;
  /** Where the person wanted to go. */
  then: string;
}

const client = kept<Client | null>("client", null);
const grant = kept<Grant | null>("grant", null);
const attempt = kept<Attempt | null>("attempt", null);
const knownMe = kept<CredentialAccount | null>("me", null);
const knownInstance = kept<Instance | null>("instance", null);
const knownPreferences = kept<Preferences | null>("preferences", null);

class Session {
  token = $state<string | null>(null);
  scope = $state("");
  me = $state.raw<CredentialAccount | null>(null);
  instance = $state.raw<Instance | null>(null);
  preferences = $state.raw<Preferences | null>(null);
  emojis = $state.raw<CustomEmoji[]>([]);
  /** The server no longer knows our token; what was typed is still here. */
  expired = $state(false);
}
export const session = new Session();

/** Takes up the session of last time; what may have changed since then is asked for, and nobody waits for it. */
export function resume(): void {
  const known = grant.get();
  session.instance = knownInstance.get();
  session.preferences = knownPreferences.get();
  if (known) {
    session.token = known.token;
    session.scope = known.scope;
    session.me = knownMe.get();
  }
  connect(session.token, expire);
  void refresh();
}

function expire(): void {
  session.expired = true;
}

/** Asks again for everything that the session knows. What fails stays as it was. */
export async function refresh(): Promise<void> {
  const asked: Promise<void>[] = [
    get<Instance>("/api/v2/instance").then((instance) => {
      session.instance = instance;
      knownInstance.set(instance);
    }),
    get<CustomEmoji[]>("/api/v1/custom_emojis").then((emojis) => {
      session.emojis = emojis;
    }),
  ];
  if (session.token) {
    asked.push(
      get<CredentialAccount>("/api/v1/accounts/verify_credentials").then(become),
      get<Preferences>("/api/v1/preferences").then((preferences) => {
        session.preferences = preferences;
        knownPreferences.set(preferences);
      }),
    );
  }
  await Promise.allSettled(asked);
}

/** The signed-in person has changed. */
export function become(me: CredentialAccount): void {
  session.me = me;
  knownMe.set(me);
}

/** Whether the person's role allows something, by its bit in Mastodon's permissions; 1 is "everything". */
export function may(bit: number): boolean {
  const permissions = BigInt(session.me?.role?.permissions ?? "0");
  return (permissions & 1n) !== 0n || (permissions & BigInt(bit)) !== 0n;
}

/** All permissions that make somebody a member of staff; inviting friends is not one of them. */
const STAFF = 0x0e_fffe;

/** Whether the person has any of the operator's views. */
export function isStaff(): boolean {
  return may(STAFF);
}

/** Whether this browser's token may be used for the operator's views. */
export function hasStaffScopes(): boolean {
  return session.scope.split(" ").some((scope) => scope === "admin:read" || scope === "admin:write");
}

/** Leaves for the server's sign-in page. `staff` asks for the operator's rights as well. */
export async function signIn(then: string, staff = false): Promise<void> {
  const scopes = staff ? STAFF_SCOPES : SCOPES;
  const known = client.get();
  const app = known?.scopes === scopes ? known : await register(scopes);
  const state = secret();
  const verifier = secret() + secret();
  attempt.set({ state, verifier, client: app, then });
  const query = new URLSearchParams({
    response_type: "code",
    client_id: app.id,
    redirect_uri: callback(),
    scope: scopes,
    state,
    code_challenge: await challenge(verifier),
    code_challenge_method: "S256",
    lang: language(),
  });
  location.assign(`/oauth/authorize?${query}`);
}

async function register(scopes: string): Promise<Client> {
  const made = await post<{ client_id: string; client_secret: string }>("/api/v1/apps", {
    client_name: "Nagaya Web",
    redirect_uris: callback(),
    scopes,
    website: location.origin,
  });
  const app = { id: made.client_id, secret: made.client_secret, scopes };
  client.set(app);
  return app;
}

/** Comes back from the server's pages. Answers where to go on; throws when the person said no or the code is stale. */
export async function signedIn(query: URLSearchParams): Promise<string> {
  const tried = attempt.get();
  attempt.set(null);
  const code = query.get("code");
  if (!tried || !code || query.get("state") !== tried.state) {
    throw new Trouble("refused", 0, query.get("error_description") ?? "");
  }
  const answer = await post<{ access_token: string; scope: string }>("/oauth/token", {
    grant_type: "authorization_code",
    code,
    client_id: tried.client.id,
    client_secret: tried.client.secret,
    redirect_uri: callback(),
    code_verifier: tried.verifier,
  });
  grant.set({ token: answer.access_token, scope: answer.scope });
  session.token = answer.access_token;
  session.scope = answer.scope;
  session.expired = false;
  connect(session.token, expire);
  await refresh();
  return tried.then;
}

/** Gives the token back and forgets everything but drafts and choices. */
export async function signOut(): Promise<void> {
  const app = client.get();
  const token = session.token;
  if (app && token) {
    await post("/oauth/revoke", { client_id: app.id, client_secret: app.secret, token }).catch(() => {});
  }
  connect(null, () => {});
  forgetAll("choices", "language", "drafts");
  session.token = null;
  session.me = null;
  session.expired = false;
}

function callback(): string {
  return `${location.origin}/app/oauth`;
}

function secret(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(24)));
}

async function challenge(verifier: string): Promise<string> {
  const bytes = new TextEncoder().encode(verifier);
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
