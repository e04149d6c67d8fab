import { byRole } from "../../components/contract";

/** What a verification reports at least if both sides have the same records. */
export const bothEqual = {
  holds: true,
  ...byRole(() => ({ newerInMongo: 0, onlyInMongo: 0 })),
};
