/** The engine hands every value over, and may write it, as text: objects, numbers and booleans as JSON. */
export function structured(value: string): unknown {
  if (!/^(\{|\[|true$|false$|-?\d+$)/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
