/** The way back: the fence of a cutover, the export, and the runs that are set aside without it. */
export { exportProvider } from "./provider";
export type { Fence, WayBack } from "./steps";
