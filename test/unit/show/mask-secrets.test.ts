import { expect, it } from "vitest";
import { maskSecrets } from "../../../src/show/mask-secrets.ts";

const KEY = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";

it.each([
  ["set system login user x authentication plaintext-password hunter2", "hunter2"],
  ["pre-shared-secret 'S3cret!'", "S3cret!"],
  ['{"token": "abc123", "a": 1}', "abc123"],
  ["psk=abc123", "abc123"],
  ["community public1", "public1"],
  [`wg0 ${KEY} up`, KEY],
  ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\nNza\n-----END OPENSSH PRIVATE KEY-----", "b3Blbn"],
  ["https://joe:hunter2@example.net/", "hunter2"],
])("%s has no secret any more", (text, secret) => {
  expect(maskSecrets(text)).toContain("<masked>");
  expect(maskSecrets(text)).not.toContain(secret);
});

it.each([
  "set policy-route router-access private-key '/config/auth/policy-route/id'",
  '-A POLICY_ROUTE_PRE -i eth1 -m comment --comment "policy-route:0123456789abcdef uplink dsl" -j CONNMARK --set-xmark 0x1/0x1',
  "default via 198.51.100.1 dev eth1 proto 157 src 198.51.100.2 metric 10",
])("%s stays as it is", (text) => {
  expect(maskSecrets(text)).toBe(text);
});
