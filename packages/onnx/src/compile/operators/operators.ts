import type { OperatorCompiler } from '#/compile/node-compiler.ts';
import { cast } from '#/compile/operators/cast.ts';
import { arithmetic, comparison, isNaN, logical, not, unary, where } from '#/compile/operators/elementwise.ts';
import { labelEncoder, oneHotEncoder } from '#/compile/operators/encoding.ts';
import { linearClassifier, linearRegressor } from '#/compile/operators/linear.ts';
import { gemm, matMul } from '#/compile/operators/products.ts';
import { argMax, reduction, softmax } from '#/compile/operators/reductions.ts';
import { binarizer, imputer, normalizer, scaler } from '#/compile/operators/scaling.ts';
import { arrayFeatureExtractor, concat, featureVectorizer, gather } from '#/compile/operators/selecting.ts';
import { flatten, identity, reshape, squeeze, unsqueeze, zipMap } from '#/compile/operators/shapes.ts';
import { treeClassifier, treeRegressor } from '#/compile/operators/trees.ts';

/** The operators that are compiled, by domain and name. */
export const OPERATORS: ReadonlyMap<string, OperatorCompiler> = new Map<string, OperatorCompiler>([
  ['ai.onnx.ml.ArrayFeatureExtractor', arrayFeatureExtractor],
  ['ai.onnx.ml.Binarizer', binarizer],
  ['ai.onnx.ml.FeatureVectorizer', featureVectorizer],
  ['ai.onnx.ml.Imputer', imputer],
  ['ai.onnx.ml.LabelEncoder', labelEncoder],
  ['ai.onnx.ml.LinearClassifier', linearClassifier],
  ['ai.onnx.ml.LinearRegressor', linearRegressor],
  ['ai.onnx.ml.Normalizer', normalizer],
  ['ai.onnx.ml.OneHotEncoder', oneHotEncoder],
  ['ai.onnx.ml.Scaler', scaler],
  ['ai.onnx.ml.TreeEnsemble', treeRegressor],
  ['ai.onnx.ml.TreeEnsembleClassifier', treeClassifier],
  ['ai.onnx.ml.TreeEnsembleRegressor', treeRegressor],
  ['ai.onnx.ml.ZipMap', zipMap],
  ['Abs', unary(() => Math.abs)],
  ['Add', arithmetic((a, b) => a + b)],
  ['And', logical((a, b) => a & b)],
  ['ArgMax', argMax],
  ['Cast', cast],
  ['Ceil', unary(() => Math.ceil)],
  ['Concat', concat],
  ['Div', arithmetic((a, b) => a / b)],
  ['Equal', comparison((a, b) => a === b)],
  ['Exp', unary(() => Math.exp)],
  ['Flatten', flatten],
  ['Floor', unary(() => Math.floor)],
  ['Gather', gather],
  ['Gemm', gemm],
  ['Greater', comparison((a, b) => a > b)],
  ['GreaterOrEqual', comparison((a, b) => a >= b)],
  ['Identity', identity],
  ['IsNaN', isNaN],
  ['LeakyRelu', unary((attributes) => leaky(attributes.float('alpha') ?? 0.01))],
  ['Less', comparison((a, b) => a < b)],
  ['LessOrEqual', comparison((a, b) => a <= b)],
  ['Log', unary(() => Math.log)],
  ['MatMul', matMul],
  ['Max', arithmetic(Math.max)],
  ['Min', arithmetic(Math.min)],
  ['Mul', arithmetic((a, b) => a * b)],
  ['Neg', unary(() => (a) => -a)],
  ['Not', not],
  ['Or', logical((a, b) => a | b)],
  ['Pow', arithmetic((a, b) => a ** b)],
  ['Reciprocal', unary(() => (a) => 1 / a)],
  ['ReduceMean', reduction('mean')],
  ['ReduceSum', reduction('sum')],
  ['Relu', unary(() => (a) => (a < 0 ? 0 : a))],
  ['Reshape', reshape],
  ['Sigmoid', unary(() => (a) => 1 / (1 + Math.exp(-a)))],
  ['Softmax', softmax],
  ['Sqrt', unary(() => Math.sqrt)],
  ['Squeeze', squeeze],
  ['Sub', arithmetic((a, b) => a - b)],
  ['Sum', arithmetic((a, b) => a + b)],
  ['Tanh', unary(() => Math.tanh)],
  ['Unsqueeze', unsqueeze],
  ['Where', where],
  ['Xor', logical((a, b) => a ^ b)],
]);

const leaky =
  (alpha: number) =>
  (a: number): number =>
    a < 0 ? a * alpha : a;
