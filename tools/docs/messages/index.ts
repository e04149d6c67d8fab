/** The messages of the code, read from the code. */
export { messagesIn, type Message } from "./messages";
export { hasWords } from "./alternatives";
