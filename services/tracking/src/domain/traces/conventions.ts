/** How one kind of instrumentation names what MLflow knows by its own names. Of several attributes the first that says something counts. */
export interface Convention {
  readonly kind?: { readonly attribute: string; readonly types: Readonly<Record<string, string>> };
  readonly inputTokens?: string;
  readonly outputTokens?: string;
  readonly totalTokens?: string;
  readonly cacheRead?: readonly string[];
  readonly cacheCreation?: readonly string[];
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly model?: readonly string[];
  readonly provider?: string;
  readonly tools?: readonly string[];
}

const same = (...types: readonly string[]): Readonly<Record<string, string>> => Object.fromEntries(types.map((type) => [type, type]));

/** In MLflow's order (`mlflow/tracing/otel/translation`), without those that need more than other names. */
export const CONVENTIONS: readonly Convention[] = [
  // https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
  {
    kind: {
      attribute: 'openinference.span.kind',
      types: same('TOOL', 'CHAIN', 'LLM', 'RETRIEVER', 'EMBEDDING', 'AGENT', 'RERANKER', 'UNKNOWN', 'GUARDRAIL', 'EVALUATOR'),
    },
    inputTokens: 'llm.token_count.prompt',
    outputTokens: 'llm.token_count.completion',
    totalTokens: 'llm.token_count.total',
    cacheRead: ['llm.token_count.prompt_details.cache_read'],
    cacheCreation: ['llm.token_count.prompt_details.cache_write'],
    input: ['input.value'],
    output: ['output.value'],
    model: ['llm.response.model_name', 'llm.model_name', 'llm.request.model_name', 'embedding.model_name'],
    provider: 'llm.provider',
  },
  // https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
  {
    kind: {
      attribute: 'gen_ai.operation.name',
      types: {
        chat: 'CHAT_MODEL',
        create_agent: 'AGENT',
        embeddings: 'EMBEDDING',
        execute_tool: 'TOOL',
        generate_content: 'LLM',
        invoke_agent: 'AGENT',
        text_completion: 'LLM',
        response: 'LLM',
      },
    },
    inputTokens: 'gen_ai.usage.input_tokens',
    outputTokens: 'gen_ai.usage.output_tokens',
    cacheRead: ['gen_ai.usage.cache_read.input_tokens'],
    cacheCreation: ['gen_ai.usage.cache_write.input_tokens', 'gen_ai.usage.cache_creation.input_tokens'],
    input: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments'],
    output: ['gen_ai.output.messages', 'gen_ai.tool.call.result'],
    model: ['gen_ai.response.model', 'gen_ai.request.model'],
    provider: 'gen_ai.provider.name',
    tools: ['gen_ai.tool.definitions'],
  },
  // https://github.com/traceloop/openllmetry
  {
    kind: {
      attribute: 'traceloop.span.kind',
      types: { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL', unknown: 'UNKNOWN' },
    },
    inputTokens: 'gen_ai.usage.prompt_tokens',
    outputTokens: 'gen_ai.usage.completion_tokens',
    totalTokens: 'llm.usage.total_tokens',
    input: ['traceloop.entity.input', 'gen_ai.prompt.0.content'],
    output: ['traceloop.entity.output', 'gen_ai.completion.0.content'],
    provider: 'gen_ai.system',
  },
  // https://google.github.io/adk-docs/
  {
    input: ['gcp.vertex.agent.llm_request', 'gcp.vertex.agent.tool_call_args'],
    output: ['gcp.vertex.agent.llm_response', 'gcp.vertex.agent.tool_response'],
  },
  // https://ai-sdk.dev/docs/ai-sdk-core/telemetry
  {
    kind: {
      attribute: 'ai.operationId',
      types: {
        'ai.generateText': 'LLM',
        'ai.generateText.doGenerate': 'LLM',
        'ai.toolCall': 'TOOL',
        'ai.streamText': 'LLM',
        'ai.streamText.doStream': 'LLM',
        'ai.generateObject': 'LLM',
        'ai.generateObject.doGenerate': 'LLM',
        'ai.streamObject': 'LLM',
        'ai.streamObject.doStream': 'LLM',
        'ai.embed': 'EMBEDDING',
        'ai.embed.doEmbed': 'EMBEDDING',
        'ai.embedMany': 'EMBEDDING',
      },
    },
    input: ['ai.prompt', 'ai.toolCall.args', 'ai.value', 'ai.values'],
    output: ['ai.response.text', 'ai.toolCall.result', 'ai.response.object', 'ai.embedding', 'ai.embeddings'],
  },
  // https://docs.lmnr.ai/
  {
    kind: {
      attribute: 'lmnr.span.type',
      types: {
        LLM: 'LLM',
        TOOL: 'TOOL',
        DEFAULT: 'CHAIN',
        PIPELINE: 'CHAIN',
        EXECUTOR: 'AGENT',
        EVALUATOR: 'EVALUATOR',
        HUMAN_EVALUATOR: 'EVALUATOR',
        EVALUATION: 'EVALUATOR',
        CACHED: 'LLM',
      },
    },
    input: ['lmnr.span.input'],
    output: ['lmnr.span.output'],
  },
  // https://langfuse.com/docs/opentelemetry/get-started
  {
    kind: {
      attribute: 'langfuse.observation.type',
      types: {
        generation: 'LLM',
        embedding: 'EMBEDDING',
        tool: 'TOOL',
        retriever: 'RETRIEVER',
        agent: 'AGENT',
        chain: 'CHAIN',
        evaluator: 'EVALUATOR',
        guardrail: 'GUARDRAIL',
        span: 'UNKNOWN',
      },
    },
    input: ['langfuse.observation.input'],
    output: ['langfuse.observation.output'],
  },
];
