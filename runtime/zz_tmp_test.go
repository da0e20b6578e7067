package runtime_test

import "io"

const secondProcess = "QVAT_TEST_SECOND_PROCESS"

func printFigures(io.Writer) error { return nil }
