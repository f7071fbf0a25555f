#pragma once

namespace faultline
{

/// How a figure goes to paper: what the export dialog, the command line and the tests set alike.
/// Free of Qt, so that a command line without figures knows it too.
struct FigureStyle {
    double width = 0.0;  ///< millimetres; 0: the figure's own size
    double height = 0.0; ///< millimetres; 0: in the proportion of the figure's own size
    double points = 7.0; ///< size of the text
    bool title = false;  ///< above the figure
    bool legend = true;
    bool light = true; ///< dark on white; else light on dark, for slides
    int dpi = 300;     ///< pixels per inch of PNG

    /// Throws Error that says in the user's words what is wrong.
    void validate() const;
};

} // namespace faultline
