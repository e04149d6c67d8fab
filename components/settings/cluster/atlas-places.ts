import type { AtlasSettings } from "./atlas";

type Provider = AtlasSettings["provider"];

/** How the regions of a cloud are called in Atlas, and one of them as an example. */
interface Regions {
  readonly form: RegExp;
  readonly example: string;
}

const direction = "(NORTH|SOUTH|EAST|WEST|CENTRAL|(NORTH|SOUTH)(EAST|WEST))";

/**
 * Atlas takes over AWS's and GCP's own codes in upper case, except for GCP's oldest regions, and gives
 * Azure's names of an area and a direction. Forms and not lists, so that a new region needs no release
 * of this program; in the United States, where the forms meet, every region is listed.
 *
 * @see https://www.mongodb.com/docs/atlas/cloud-providers-regions/
 */
const regions: Readonly<Record<Provider, Regions>> = {
  AWS: {
    form: new RegExp(
      `^(US_(EAST|WEST)_[12]|US_GOV_(EAST|WEST)_1|(CA|MX|SA|EU|ME|IL|AF|AP|CN)_${direction}_\\d)$`,
    ),
    example: "EU_WEST_1",
  },
  AZURE: {
    form: new RegExp(
      "^(US_(EAST|CENTRAL|WEST)|US_(EAST|WEST)_2|US_WEST_3|US_(NORTH|SOUTH|WEST)_CENTRAL|" +
        `AUSTRALIA_CENTRAL_2|(?!(US|EU)_)[A-Z_]+_${direction})$`,
    ),
    example: "EUROPE_NORTH",
  },
  GCP: {
    form: new RegExp(
      "^((CENTRAL|EASTERN|WESTERN)_US|US_(EAST_[45]|WEST_[234]|SOUTH_1)|WESTERN_EUROPE|" +
        "(NORTH|SOUTH)?EASTERN_ASIA_PACIFIC|AUSTRALIA_SOUTHEAST_\\d|" +
        `(NORTH_AMERICA|SOUTH_AMERICA|EUROPE|ASIA|MIDDLE_EAST|AFRICA)_${direction}_\\d+)$`,
    ),
    example: "WESTERN_EUROPE",
  },
};

/** A region of this cloud, as an example. */
export function exampleRegion(provider: Provider): string {
  return regions[provider].example;
}

/** The clouds that have regions of this name's form; none for a name that is no region's. */
export function providersOfRegion(name: string): Provider[] {
  const providers = Object.keys(regions) as Provider[];
  return providers.filter((provider) => regions[provider].form.test(name));
}

/** Instance sizes by family, each smallest first; `R` has less CPU, `_NVME` disks of its own. */
const sizes: Readonly<Record<Provider, readonly string[]>> = {
  AWS: [
    "M10 M20 M30 M40 M50 M60 M80 M100 M140 M200 M300",
    "R40 R50 R60 R80 R200 R300 R400 R700",
    "M40_NVME M50_NVME M60_NVME M80_NVME M200_NVME M400_NVME",
    "M30_GEN_2 M40_GEN_2 M50_GEN_2 M60_GEN_2 M80_GEN_2 M140_GEN_2 M200_GEN_2 M300_GEN_2",
    "R40_GEN_2 R50_GEN_2 R60_GEN_2 R80_GEN_2 R200_GEN_2 R300_GEN_2 R400_GEN_2 R700_GEN_2",
  ],
  AZURE: [
    "M10 M20 M30 M40 M50 M60 M80 M90 M200",
    "R40 R50 R60 R80 R200 R300 R400",
    "M60_NVME M80_NVME M200_NVME M300_NVME M400_NVME M600_NVME",
  ],
  GCP: [
    "M10 M20 M30 M40 M50 M60 M80 M140 M200 M250 M300 M400",
    "R40 R50 R60 R80 R200 R300 R400 R600",
    "M30_GEN_2 M40_GEN_2 M50_GEN_2 M60_GEN_2 M80_GEN_2 M140_GEN_2 M200_GEN_2",
    "R40_GEN_2 R50_GEN_2 R60_GEN_2 R80_GEN_2 R200_GEN_2 R300_GEN_2 R400_GEN_2",
  ],
};

/** The sizes of the family that a size belongs to, smallest first; none where there is no such size. */
export function familyOfSize(provider: Provider, size: string): readonly string[] {
  return sizesOf(provider).find((family) => family.includes(size)) ?? [];
}

/** Every size of a cloud, by family. */
export function sizesOf(provider: Provider): readonly (readonly string[])[] {
  return sizes[provider].map((family) => family.split(" "));
}
