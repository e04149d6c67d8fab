/** The settings file or its history cannot be read or changed; the message says what to do. */
export class CheckoutError extends Error {
  override readonly name = "CheckoutError";
}
