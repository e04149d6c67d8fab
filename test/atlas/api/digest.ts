import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** A key of the Admin API. */
export interface ApiKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

const realm = "MMS Public API";
const nonce = randomBytes(16).toString("hex");

/** What the server answers to a request without credentials (RFC 7616, with MD5 as Atlas has it). */
export const challenge = `Digest realm="${realm}", domain="", nonce="${nonce}", algorithm=MD5, qop="auth", stale=false`;

/** Whether a request has the credentials of a key. */
export function isAllowed(
  { method = "", headers: { authorization = "" } }: IncomingMessage,
  { publicKey, privateKey }: ApiKey,
): boolean {
  const parts = [...authorization.matchAll(/(\w+)=(?:"([^"]*)"|([^",\s]+))/g)];
  const given = Object.fromEntries(
    parts.map(([, key = "", quoted, bare]) => [key, quoted ?? bare]),
  );
  const { username, uri = "", nc = "", cnonce = "", qop = "", response } = given;
  const user = md5(`${publicKey}:${realm}:${privateKey}`);
  const asked = md5(`${method}:${uri}`);
  const expected = md5([user, nonce, nc, cnonce, qop, asked].join(":"));
  return username === publicKey && given.nonce === nonce && response === expected;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
