declare module "webvtt-parser" {
  type Node = { type: string; name?: string; value?: string; children?: Node[] };
  type Cue = { startTime: number; endTime: number; text: string; tree: Node };
  type Parsed = { cues: Cue[]; errors: { message: string; line: number; col: number }[] };
  export const WebVTTParser: new (
    entities?: Record<string, string>,
  ) => { parse(text: string): Parsed };
}
