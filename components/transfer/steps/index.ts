import { handover, secondHandover } from "./handover";
import { bulkImport, verification } from "./import";

/** The steps on the state. */
export const steps = { bulkImport, handover, secondHandover, verification };
