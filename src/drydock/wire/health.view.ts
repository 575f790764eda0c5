/** The Status that `/health/extended` answers (spec drydock section 5). */
export function healthView(problems: readonly string[]) {
  const isHealthy = problems.length === 0;
  return {
    kind: 'Status',
    apiVersion: 'v1.0',
    metadata: {},
    status: isHealthy ? 'Success' : 'Failure',
    message: isHealthy ? '' : 'Drydock failed to respond',
    reason: 'HealthCheck',
    details: {
      errorCount: problems.length,
      messageList: problems.map((message) => ({ message, error: true, kind: 'SimpleMessage' })),
    },
    code: isHealthy ? 200 : 503,
  } as const;
}
