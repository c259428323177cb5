// Passkeys as JSON, also where the browser reads and writes none by itself (WebAuthn Level 3, 5.1.8 to 5.1.10).

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

function base64url(buffer) {
  const chars = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(chars).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const named = (list) => list?.map((each) => ({ ...each, id: bytes(each.id) }));

/** What the server asks so that a passkey is made. */
export function creationOptions(json) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  const user = { ...json.user, id: bytes(json.user.id) };
  return { ...json, user, challenge: bytes(json.challenge), excludeCredentials: named(json.excludeCredentials) };
}

/** What the server asks of a passkey that is there. */
export function requestOptions(json) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), allowCredentials: named(json.allowCredentials) };
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

/** The browser's answer as text. Some password managers offer toJSON and throw in it. */
export function written(credential) {
  try {
    return JSON.stringify(credential.toJSON());
  } catch {
    const { id, rawId, type, response } = credential;
    const parts = PARTS.filter((name) => response[name]).map((name) => [name, base64url(response[name])]);
    const transports = response.getTransports?.();
    const plain = { ...Object.fromEntries(parts), ...(transports && { transports }) };
    return JSON.stringify({ id, rawId: base64url(rawId), type, response: plain, clientExtensionResults: {} });
  }
}
