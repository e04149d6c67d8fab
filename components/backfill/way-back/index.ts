/** The way back: the fence of a cutover, the export, and the runs that are set aside without it. */
export { drawFence, unfinishedIn, type DrawnFence, type Fence } from "./fence";
export type { LastCount } from "./last-count";
export { exportProvider } from "./provider";
export { savedFence, saveFence } from "./saved-fence";
export { goBack, type WayBack } from "./steps";
export { wayBackInWords } from "./words";
