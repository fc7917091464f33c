// Empty on purpose: with an assembly file beside it, the compiler accepts functions without a body (see volume_controller.go).
