import type { Model } from '@mlab/onnx';
import type { Class } from '#/domain/predictions.ts';

/** The classes that the one classifier of a graph names, where there is one: graphs without a ZipMap say it nowhere else. */
export function classesOfGraph({ graph }: Model): readonly Class[] | undefined {
  const found = graph.nodes.flatMap(({ attributes, prepared }) => {
    if (prepared?.trees.classes !== undefined) return [prepared.trees.classes];
    const texts = attributes.get('classlabels_strings');
    if (texts?.kind === 'strings' && texts.value.length > 0) return [texts.value];
    const numbers = attributes.get('classlabels_int64s') ?? attributes.get('classlabels_ints');
    return numbers?.kind === 'ints' && numbers.value.length > 0 ? [Array.from(numbers.value, Number)] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}
