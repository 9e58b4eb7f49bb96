# SPDX-License-Identifier: Apache-2.0
"""What a pipeline does by itself: told to whoever looks at it, paused and resumed by a person."""
