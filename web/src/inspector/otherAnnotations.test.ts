import { expect, test } from "vitest";
import type { Annotation } from "../api/types";
import { valueOf } from "./OtherAnnotations";

const annotation = (values: Partial<Annotation> & { type: string }) => ({ id: 1, version: 1, ...values }) as Annotation;

test("each type shows its value", () => {
  expect(valueOf(annotation({ type: "TermAnnotation", term_value: "FBbi:00000251" }))).toBe("FBbi:00000251");
  expect(valueOf(annotation({ type: "BooleanAnnotation", bool_value: false }))).toBe("No");
  expect(valueOf(annotation({ type: "DoubleAnnotation", double_value: 0 }))).toBe("0");
  expect(valueOf(annotation({ type: "LongAnnotation", long_value: 4, ns: "openmicroscopy.org/omero/insight/rating" }))).toBe("4 of 5");
  expect(valueOf(annotation({ type: "LongAnnotation", long_value: 4 }))).toBe("4");
  expect(valueOf(annotation({ type: "XmlAnnotation", text_value: "<a/>" }))).toBe("<a/>");
});
