/** The rollout target `values`: the Helm values of worker and web in a Git checkout. */
export { ValuesFileError } from "./errors";
export { listMember, mapMember } from "./statement";
