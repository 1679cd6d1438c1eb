/** The same response; where `download` was asked for, to be saved under a name of ASCII characters. */
export function offerDownload(
  response: Response,
  download: string | undefined,
  fileName: string,
): Response {
  if (download !== undefined) {
    response.headers.set("content-disposition", `attachment; filename="${fileName}"`);
  }
  return response;
}
