// A key and a certificate that nobody vouches for, for a server that a browser was told not to ask for more. Made anew
// each time, so that no key is kept anywhere.

import { generateKeyPairSync, sign } from "node:crypto";

/** The object identifiers, as DER has them: ecdsa-with-SHA256 (RFC 5758) and commonName (RFC 5280). */
const ECDSA_WITH_SHA256 = Buffer.from("06082a8648ce3d040302", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");

/** The tags of DER that a certificate needs. */
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;

/** An element of DER (X.690): its tag, the length of what is in it, and that. */
function element(tag, ...parts) {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  const { length } = content;
  // DER takes the shortest form of a length.
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** The key and the certificate as PEM: an X.509 certificate of version 1, valid until 2049. */
export function selfSigned(name) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = element(SEQUENCE, ECDSA_WITH_SHA256);
  const subject = element(SEQUENCE, element(SET, element(SEQUENCE, COMMON_NAME, element(UTF8_STRING, name))));
  const validity = element(SEQUENCE, element(UTC_TIME, "200101000000Z"), element(UTC_TIME, "491231235959Z"));
  const serial = element(INTEGER, Buffer.from([1]));
  const subjectKey = publicKey.export({ type: "spki", format: "der" });
  const toBeSigned = element(SEQUENCE, serial, algorithm, subject, validity, subject, subjectKey);
  const signature = element(BIT_STRING, Buffer.from([0]), sign("sha256", toBeSigned, privateKey));
  const certificate = element(SEQUENCE, toBeSigned, algorithm, signature);
  const lines = certificate.toString("base64").match(/.{1,64}/g).join("\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
