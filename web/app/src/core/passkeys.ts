/** Making a passkey: the server's question in JSON becomes bytes for the browser, and the answer JSON again. */

interface Descriptor {
  id: string;
  type: "public-key";
}
interface Question {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Descriptor[];
}

export function passkeysSupported(): boolean {
  return "PublicKeyCredential" in window;
}

/** Asks the browser; answers what the server wants to see. */
export async function makePasskey(question: string): Promise<string> {
  const asked = JSON.parse(question) as Question & { publicKey?: Question };
  const plain = asked.publicKey ?? asked;
  const publicKey = {
    ...plain,
    challenge: bytes(plain.challenge),
    user: { ...plain.user, id: bytes(plain.user.id) },
    excludeCredentials: (plain.excludeCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return JSON.stringify({
    id: made.id,
    rawId: made.id,
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment ?? null,
    clientExtensionResults: {},
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  });
}

function bytes(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
