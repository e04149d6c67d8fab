/** The way back: the fence of a cutover, the export, and the runs that are set aside without it. */
export { exportProvider } from "./provider";
export { savedFence, saveFence } from "./saved-fence";
export { drawFence, goBack, type DrawnFence, type Fence, type WayBack } from "./steps";
export { wayBackInWords } from "./words";
