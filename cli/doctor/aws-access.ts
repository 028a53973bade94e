/** Whether AWS refused a call for want of a permission. */
export function isDenied(error: unknown): boolean {
  const { name = "", $metadata } = (error ?? {}) as {
    name?: string;
    $metadata?: { httpStatusCode?: number };
  };
  return /AccessDenied|Unauthorized|NotAuthorized/.test(name) || $metadata?.httpStatusCode === 403;
}
