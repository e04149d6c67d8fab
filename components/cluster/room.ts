/** The file of this room's dynamic providers; a contract with existing stacks: their states load it. */
export const room = "components/cluster/provider";
