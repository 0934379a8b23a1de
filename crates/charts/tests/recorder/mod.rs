//! A drawing backend that records what it is asked to draw, and can be told to refuse.

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

/// One call to the backend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    Fill { from: BackendCoord, to: BackendCoord, rgb: (u8, u8, u8) },
    Path { coords: Vec<BackendCoord>, rgb: (u8, u8, u8), width: u32 },
    Polygon { coords: Vec<BackendCoord>, rgb: (u8, u8, u8) },
    Text { text: String, at: BackendCoord, size: f64, family: String },
    Other(&'static str),
}

impl Call {
    /// Every coordinate that the call names.
    pub(crate) fn coords(&self) -> Vec<BackendCoord> {
        match self {
            Self::Fill { from, to, .. } => vec![*from, *to],
            Self::Path { coords, .. } | Self::Polygon { coords, .. } => coords.clone(),
            Self::Text { at, .. } => vec![*at],
            Self::Other(_) => Vec::new(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the canvas is gone")
    }
}

impl std::error::Error for Refused {}

type Drawn = Result<(), DrawingErrorKind<Refused>>;

/// Records calls in their order.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) calls: Vec<Call>,
    pub(crate) refusing: bool,
}

impl Recorder {
    fn record(&mut self, call: Call) -> Drawn {
        if self.refusing {
            return Err(DrawingErrorKind::DrawingError(Refused));
        }
        self.calls.push(call);
        Ok(())
    }

    /// The coordinates of every path drawn.
    pub(crate) fn paths(&self) -> Vec<&[BackendCoord]> {
        let paths = self.calls.iter().filter_map(|call| match call {
            Call::Path { coords, .. } => Some(coords.as_slice()),
            _ => None,
        });
        paths.collect()
    }

    /// Every text drawn.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let texts = self.calls.iter().filter_map(|call| match call {
            Call::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

impl DrawingBackend for Recorder {
    type ErrorType = Refused;

    fn get_size(&self) -> (u32, u32) {
        (1200, 400)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Drawn {
        self.record(Call::Other("pixel"))
    }

    fn draw_line<S: BackendStyle>(&mut self, _: BackendCoord, _: BackendCoord, _: &S) -> Drawn {
        self.record(Call::Other("line"))
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.record(if fill {
            Call::Fill { from, to, rgb: style.color().rgb }
        } else {
            Call::Other("rectangle")
        })
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let coords = path.into_iter().collect();
        self.record(Call::Path { coords, rgb: style.color().rgb, width: style.stroke_width() })
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.record(Call::Polygon { coords: path.into_iter().collect(), rgb: style.color().rgb })
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let size = style.size();
        self.record(Call::Text {
            text: text.to_owned(),
            at,
            size,
            family: style.family().as_str().to_owned(),
        })
    }
}
