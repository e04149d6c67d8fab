import { secretVersionAnnotation } from "../environment";
import {
  holds,
  readEnvironment,
  restoreEntries,
  writeEnvironment,
  type Place,
  type Standing,
} from "./values-file";

/** The version of the services' Secret, and where a file has the annotations of the pods. */
export interface PodAnnotation {
  /** The keys that lead to the annotations, with dots between them. */
  readonly path: string;
  readonly secretVersion: string;
}

/** What is known of the annotation since it was last written. */
export interface AnnotationState {
  readonly podAnnotation?: PodAnnotation;
  /** How it stood before it was first written; absent where the file had it already. */
  readonly beforeAnnotation?: Standing;
}

/**
 * A file's text with the annotation as it stood before it was written, unless it is wanted in the
 * same place again.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function withoutFormer(
  text: string,
  file: string,
  { podAnnotation: former, beforeAnnotation }: AnnotationState,
  wanted?: PodAnnotation,
): string {
  if (former === undefined || former.path === wanted?.path) return text;
  return restoreEntries(text, placeAt(file, former), beforeAnnotation);
}

/**
 * A file's text with the annotation, and how that stood before it was first written there.
 *
 * @throws ValuesFileError where the file cannot be edited
 */
export function withAnnotation(
  text: string,
  file: string,
  wanted: PodAnnotation,
  { podAnnotation: former, beforeAnnotation }: AnnotationState,
): { readonly text: string; readonly beforeAnnotation?: Standing } {
  const place = placeAt(file, wanted);
  const entries = [{ name: secretVersionAnnotation, value: wanted.secretVersion }];
  const isFirst = former?.path !== wanted.path && !holds(text, place, entries);
  const before = isFirst ? readEnvironment(text, place) : beforeAnnotation;
  return {
    text: writeEnvironment(text, place, entries),
    ...(before && { beforeAnnotation: before }),
  };
}

/** Annotations are edited as an environment in the form of a map is. */
function placeAt(file: string, { path }: PodAnnotation): Place {
  return { file, path: path.split("."), form: "map", keys: [secretVersionAnnotation] };
}
