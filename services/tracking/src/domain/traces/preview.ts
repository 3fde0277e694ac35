import { firstCharacters } from '@mlab/mlflow';
import { MAX_PARSED } from '#/domain/otlp/value-text.ts';

const MAX_LENGTH = 1000;
const MAX_DEPTH = 8;

type Json = Readonly<Record<string, unknown>>;

/** The beginning of what went in or came out; of a chat what was said last by that role (MLflow's `_get_truncated_preview`). */
export function previewOf(text: string, role: 'user' | 'assistant'): string {
  const content = messageIn(text, role) || text;
  const start = firstCharacters(content, MAX_LENGTH);
  return start.length === content.length ? content : `${firstCharacters(content, MAX_LENGTH - 3)}...`;
}

function messageIn(text: string, role: string): string | undefined {
  if (text.length > MAX_PARSED || !text.includes('"role"')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const messages = messagesIn(parsed, 0);
  return contentOf(messages.findLast((message) => message['role'] === role) ?? messages.at(-1));
}

/** Of chat completions and responses of OpenAI, asked or answered. */
function messagesIn(value: unknown, depth: number): readonly Json[] {
  if (!isObject(value) || depth > MAX_DEPTH) return [];
  const { messages, choices, input, output } = value;
  if (isList(messages)) return messages.filter(isMessage);
  const choice = isList(choices) && isObject(choices[0]) ? choices[0]['message'] : undefined;
  if (isMessage(choice)) return [choice];
  const list = [input, output].find(isList);
  if (list !== undefined) return list.filter(isMessage);
  return messagesIn(value['request'], depth + 1);
}

function contentOf(message: Json | undefined): string | undefined {
  const content = message?.['content'];
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  for (const part of content as readonly unknown[]) {
    if (typeof part === 'string') return part;
    if (isObject(part) && (part['type'] === 'text' || part['type'] === 'output_text'))
      return typeof part['text'] === 'string' ? part['text'] : undefined;
  }
  return undefined;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isMessage = (value: unknown): value is Json => isObject(value) && 'role' in value && 'content' in value;
