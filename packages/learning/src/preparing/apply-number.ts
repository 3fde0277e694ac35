import type { NumberColumn } from '#/matrix.ts';
import type { NumberFeature } from '#/preparing/state.ts';
import { sharedFloats } from '#/table.ts';

/** Clips, imputes and scales, each in float32 as the nodes do; in place. */
export function applyNumber({ name, low, high, fill, offset, scale }: NumberFeature, values: Float32Array): NumberColumn {
  const [least, most, instead] = [low ?? Number.NEGATIVE_INFINITY, high ?? Number.POSITIVE_INFINITY, fill ?? Number.NaN];
  for (let row = 0; row < values.length; row++) {
    const clipped = Math.min(Math.max(values[row] as number, least), most);
    const value = Number.isNaN(clipped) ? instead : clipped;
    values[row] = Math.fround(value - offset) * scale;
  }
  return { kind: 'number', name, values };
}

/** 1 where there is no value; before it is imputed. */
export function indicatorOf(name: string, values: Float32Array): NumberColumn {
  const result = sharedFloats(values.length);
  for (let row = 0; row < result.length; row++) result[row] = Number(Number.isNaN(values[row]));
  return { kind: 'number', name, values: result };
}
